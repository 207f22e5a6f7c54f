import { condition, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { reviewSignal } from './messages';

/** What became of a try, and when the next one is. */
export interface Tried {
  readonly state: string;
  readonly afterSeconds: number | null;
  readonly what: string;
}

/**
 * Tries again and again, as each try says, until one says that it was the last; `review` tries at once.
 *
 * @param attempt is told how many there were since it was begun
 */
export async function tryUntilDone(attempt: (tries: number) => Promise<Tried>): Promise<string> {
  const asked = { now: false };
  setHandler(reviewSignal, () => void (asked.now = true));
  for (let tries = 0; ; tries += 1) {
    asked.now = false;
    const tried = await attempt(tries);
    if (tried.afterSeconds === null) {
      // What was asked for anew while this one came to its end begins anew.
      if (!wasAsked(asked)) return tried.state;
      tries = -1;
      continue;
    }
    setCurrentDetails(`${String(tries + 1)} tries, the last one: ${tried.what}`);
    if (tried.afterSeconds > 0) await condition(() => asked.now, tried.afterSeconds * 1_000);
  }
}

/** Read anew: a signal may have come while the activity ran. */
const wasAsked = (asked: { readonly now: boolean }): boolean => asked.now;
