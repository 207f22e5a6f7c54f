/**
 * What became of a try. `deferred`: nobody has got it, and another try may go better. `refused`: this address takes nothing (`bounced`),
 * or not this. `unknown`: it was handed over, and no answer came.
 */
export type Outcome =
  | { readonly state: 'delivered'; readonly detail: string }
  | { readonly state: 'deferred'; readonly detail: string }
  | { readonly state: 'refused'; readonly detail: string; readonly bounced: boolean }
  | { readonly state: 'unknown'; readonly detail: string };

/**
 * Says that from here on the other side may have the message, and waits until that is written down.
 *
 * @throws when it may not go on: the try was ended by somebody else meanwhile
 */
export type HandOver = () => Promise<void>;

/** No try takes longer. */
export const longestTryMs = 45_000;

/** What of the other side's words is kept: one line, and no address. */
export const brief = (words: string): string =>
  words
    .replace(/[\p{Cc}]+/gu, ' ')
    .replace(/\S+@\S+/g, '…')
    .replace(/\+\d{6,15}/g, '…')
    .trim()
    .slice(0, 200);
