import { createHash } from 'node:crypto';
import { fromMinorUnits } from './domain/money';
import { payoutBlock, type PayoutBlock } from './domain/payout';
import { approvalsNeeded, payoutRulesFrom } from './domain/policies';
import type { RequestedBy } from './domain/requested-by';
import type { Databases, PrismaClient } from './prisma/database';
import { findSeller, merchantPolicies } from './prisma/identity';
import { sellerPosition } from './prisma/ledger';
import {
  createPayout,
  findEarlierWish,
  findPayout,
  markScheduleTold,
  untoldSchedules,
  type CreatePayoutOutcome,
  type PayoutRecord,
  type PayoutScheduleRecord,
} from './prisma/payout';
import type { MoneyProcess } from './workflows/messages';

/** A payout as somebody wants it. Minor units; a null amount means all that is available. */
export interface PayoutRequest {
  readonly merchantId: string;
  readonly payoutId: string;
  readonly sellerAccount: string;
  readonly amountMinor: bigint | null;
  readonly currency: string;
  readonly requestedBy: RequestedBy;
  readonly scheduled: boolean;
  readonly idempotencyKey: string | null;
}

export type PayoutAnswer =
  | { readonly outcome: 'created' | 'replayed'; readonly payout: PayoutRecord }
  | {
      readonly outcome: 'blocked';
      readonly block: PayoutBlock;
      readonly availableMinor: bigint;
      readonly owedMinor: bigint;
    }
  | { readonly outcome: Exclude<CreatePayoutOutcome, 'created' | 'replayed'> }
  | { readonly outcome: 'no_such_seller' };

const hourMs = 3_600_000;

/**
 * Stores a payout, unless something speaks against it now (P3, P5). The same for people and for schedules. What was stored
 * before under the same key is answered whatever has changed since; the ledger has the last word on the money.
 */
export async function requestPayout(databases: Databases, request: PayoutRequest): Promise<PayoutAnswer> {
  const { merchantId, sellerAccount, currency } = request;
  const seller = await findSeller(databases.identity, merchantId, sellerAccount);
  if (seller === undefined) return { outcome: 'no_such_seller' };
  const known = await earlierWish(databases, request);
  if (known !== undefined) return known;
  const position = await sellerPosition(databases.ledger, { merchantId, seller: sellerAccount, currency });
  const rules = payoutRulesFrom(await merchantPolicies(databases.identity, merchantId));
  const amountMinor = request.amountMinor ?? position.availableMinor;
  const situation = {
    ...position,
    payoutAccount: seller.payoutAccount,
    kycStatus: seller.kycStatus,
    isSuspended: seller.suspendedAt !== null,
    accountChangedAtMs: seller.payoutAccountChangedAt?.getTime() ?? null,
  };
  const block = payoutBlock(situation, amountMinor, Date.now(), rules.coolingHours * hourMs);
  if (block !== null || amountMinor <= 0n || seller.payoutAccount === null)
    return { outcome: 'blocked', block: block ?? 'insufficient_funds', ...position };
  const { outcome, payoutId } = await createPayout(databases.payouts, {
    ...request,
    amountMinor,
    payoutAccount: seller.payoutAccount,
    approvalsNeeded: approvalsNeeded(rules, fromMinorUnits(amountMinor, currency)),
    requestFingerprint: fingerprint(request),
  });
  if (outcome !== 'created' && outcome !== 'replayed') return { outcome };
  return { outcome, payout: await mustFind(databases, merchantId, payoutId) };
}

/** A wish that was granted before is answered as it was granted, though it would be blocked now. */
async function earlierWish(databases: Databases, request: PayoutRequest): Promise<PayoutAnswer | undefined> {
  const earlier = await findEarlierWish(databases.payouts, request);
  if (earlier === undefined) return undefined;
  if (!fingerprint(request).equals(earlier.requestFingerprint))
    return { outcome: earlier.by === 'key' ? 'key_reused' : 'id_reused' };
  return { outcome: 'replayed', payout: await mustFind(databases, request.merchantId, earlier.payoutId) };
}

async function mustFind(databases: Databases, merchantId: string, payoutId: string): Promise<PayoutRecord> {
  const payout = await findPayout(databases.payouts, { merchantId, payoutId });
  if (payout === undefined) throw new Error(`payout ${payoutId} was stored and is not there`);
  return payout;
}

/** Equal wishes have equal fingerprints; the id is ours where none was given, so it isn't part of the wish. */
const fingerprint = ({ sellerAccount, amountMinor, currency }: PayoutRequest): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([sellerAccount, amountMinor?.toString() ?? null, currency]))
    .digest();

/** The workflow that carries a stored payout out. */
export const payoutProcess = (payout: PayoutRecord): MoneyProcess => ({
  workflow: 'payoutWorkflow',
  input: {
    merchantId: payout.merchantId,
    payoutId: payout.payoutId,
    sellerAccount: payout.sellerAccount,
    amount: fromMinorUnits(payout.amount, payout.currency),
  },
});

const schedulesAtOnce = 100;

/** Tells Temporal of the payout schedules that it hasn't heard of: row first, Temporal after. Safe to repeat. */
export async function tellSchedules(
  payouts: PrismaClient,
  put: (schedule: PayoutScheduleRecord) => Promise<void>,
): Promise<void> {
  for (const schedule of await untoldSchedules(payouts, schedulesAtOnce)) {
    await put(schedule);
    await markScheduleTold(payouts, schedule);
  }
}
