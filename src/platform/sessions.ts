// What stays open after it was let in: sockets and streams end when the token, or the user, that opened them does.
import type { Actor } from './actor.ts';
import type { Platform } from './platform.ts';

// As far as a timer reaches; it is set anew then.
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls `end` once, as soon as whoever was let in would not be let in as they were. Answers with how to stop looking. */
export function watchSession({ access, bus }: Platform, actor: Actor, end: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const forget = () => {
    stop();
    clearTimeout(timer);
  };
  const look = () => {
    const now = access.renew(actor);
    // Another role is another one: what is open was opened with the rights of the old.
    if (now?.role === actor.role) return;
    forget();
    end();
  };
  const stop = bus.listen('accessChange', look);
  const wait = () => {
    const left = (actor.endsAt ?? Number.POSITIVE_INFINITY) - Date.now();
    if (left <= 0) return look();
    if (left !== Number.POSITIVE_INFINITY) timer = setTimeout(wait, Math.min(left + 1, MAX_TIMER_MS));
  };
  wait();
  return forget;
}
