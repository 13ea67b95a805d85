// Spans of time as ISO 8601 text, as in PT1M30S.
import { z } from 'zod';

export const DAY_MS = 86_400_000;

const DURATION = /^P(?:(?<days>\d+)D)?(?:T(?:(?<hours>\d+)H)?(?:(?<minutes>\d+)M)?(?:(?<seconds>\d+(?:\.\d+)?)S)?)?$/;

/** A span of input between these bounds, in milliseconds. */
export const duration = (least: number, most: number) =>
  z.string().refine(
    (text) => {
      const ms = durationMs(text);
      return ms !== undefined && ms >= least && ms <= most;
    },
    `must be days, hours, minutes and seconds, as in PT15S, from ${least / 1000} seconds to ${most === DAY_MS ? 'one day' : `${most / 1000} seconds`}`,
  );

/** Milliseconds; undefined for anything but days, hours, minutes and seconds. */
export function durationMs(duration: string): number | undefined {
  const parts = DURATION.exec(duration)?.groups;
  if (!parts) return undefined;
  const part = (name: string) => Number(parts[name] ?? 0);
  return (((part('days') * 24 + part('hours')) * 60 + part('minutes')) * 60 + part('seconds')) * 1000;
}
