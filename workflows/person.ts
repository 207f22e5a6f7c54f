import { ApplicationFailure } from '@temporalio/workflow';
import type { RequestedBy } from '../domain/requested-by';

/** The answer to an act of a person that can't be: it says why, and changes nothing. */
export const refused = (why: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`refused: ${why}`, 'ValidationFailed');

/** Every act of a person carries who and why (X4); refused without. */
export function checkActor(by: RequestedBy | undefined): void {
  for (const name of ['actor', 'reason'] as const)
    if (typeof by?.[name] !== 'string' || by[name].trim() === '')
      throw refused(`${name} is needed, say who you are and why: {"actor": "…", "reason": "…"}`);
}
