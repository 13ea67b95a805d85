// Spans of time as ISO 8601 text, as in PT1M30S.

const DURATION = /^P(?:(?<days>\d+)D)?(?:T(?:(?<hours>\d+)H)?(?:(?<minutes>\d+)M)?(?:(?<seconds>\d+(?:\.\d+)?)S)?)?$/;

/** Milliseconds; undefined for anything but days, hours, minutes and seconds. */
export function durationMs(duration: string): number | undefined {
  const parts = DURATION.exec(duration)?.groups;
  if (!parts) return undefined;
  const part = (name: string) => Number(parts[name] ?? 0);
  return (((part('days') * 24 + part('hours')) * 60 + part('minutes')) * 60 + part('seconds')) * 1000;
}
