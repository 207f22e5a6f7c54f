/** Seconds to wait before each further try: ten of them over three days and some hours (Standard Webhooks; O1 asks for a day at least). */
const pauses = [5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;
const longestPause = 86_400;

/** How often an event is sent to an endpoint before somebody must look. */
export const mostTries = pauses.length + 1;

/**
 * Seconds until the next try, or nothing when it was the last.
 *
 * @param tries how many there have been
 * @param chance from 0 up to 1: spreads the tries of many events, so that a receiver that comes back is not run over
 * @param toldSeconds what the receiver asked for (`Retry-After`); waited for at least, up to a day
 */
export function pauseAfter(tries: number, chance: number, toldSeconds: number | null): number | undefined {
  const pause = pauses[tries - 1];
  if (pause === undefined) return undefined;
  const spread = pause * (0.8 + chance * 0.4);
  return Math.min(longestPause * 1.2, Math.max(spread, Math.min(toldSeconds ?? 0, longestPause)));
}
