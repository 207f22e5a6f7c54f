import { needsTwoPersons, type BreakOutcome } from './domain/reconciliation';
import { reconciliationRulesFrom, type ReconciliationRules } from './domain/policies';
import type { RequestedBy } from './domain/requested-by';
import {
  differencesOf,
  findBreak,
  proposeResolution,
  resolveBreak,
  type BreakKey,
  type BreakRecord,
} from './prisma/break';
import type { PrismaClient } from './prisma/database';
import { merchantPolicies } from './prisma/identity';

interface BreakWorld {
  readonly reconciliation: PrismaClient;
  readonly identity: PrismaClient;
}

/** What became of a person's word on a mismatch. */
export type PersonsAnswer =
  | { readonly outcome: 'resolved' | 'proposed' }
  | { readonly outcome: 'other_proposal' | 'already_final'; readonly detail: string };

/** Above which amounts two persons settle a merchant's mismatches. */
export const breakRules = async (
  { identity }: Pick<BreakWorld, 'identity'>,
  merchantId: string,
): Promise<ReconciliationRules> => reconciliationRulesFrom(await merchantPolicies(identity, merchantId));

/** What a mismatch is worth, by currency. */
async function worthOf({ reconciliation }: BreakWorld, found: BreakRecord) {
  if (found.against === 'psp') return differencesOf(reconciliation, found);
  const currency = [...found.ourCurrencies, ...found.pspCurrencies][0] ?? '';
  return [{ currency, amountMinor: (found.pspAmount ?? 0n) + (found.ourAmount ?? 0n), feeMinor: 0n }];
}

/**
 * Takes a person's word on an open mismatch, by the API, the command or the Temporal UI. Over the merchant's limit the first
 * person's word is a proposal; it holds when another person says the same. Safe to repeat.
 */
export async function settleByPerson(
  world: BreakWorld,
  key: BreakKey,
  by: RequestedBy,
  outcome: BreakOutcome,
): Promise<PersonsAnswer> {
  const { reconciliation } = world;
  const found = await findBreak(reconciliation, key);
  if (found === undefined) return { outcome: 'already_final', detail: 'gone' };
  if (found.state !== 'open') return { outcome: 'already_final', detail: found.state };
  const rules = await breakRules(world, key.merchantId);
  if (needsTwoPersons(rules, await worthOf(world, found))) {
    const { proposed } = found;
    if (proposed === null || proposed.actor === by.actor)
      return (await proposeResolution(reconciliation, key, by, outcome))
        ? { outcome: 'proposed' }
        : { outcome: 'other_proposal', detail: 'somebody else has just proposed something' };
    if (proposed.outcome !== outcome)
      return { outcome: 'other_proposal', detail: `${proposed.actor} has proposed ${proposed.outcome}` };
    const both = { actor: proposed.actor, reason: proposed.reason, agreedBy: by };
    return (await resolveBreak(reconciliation, key, both, outcome))
      ? { outcome: 'resolved' }
      : { outcome: 'already_final', detail: 'settled' };
  }
  return (await resolveBreak(reconciliation, key, by, outcome))
    ? { outcome: 'resolved' }
    : { outcome: 'already_final', detail: 'settled' };
}
