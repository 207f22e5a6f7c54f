import { createHash } from 'node:crypto';
import type { ScheduledPayoutInput } from '../workflows/messages';
import { payoutProcess, requestPayout } from '../payouts';
import { sellerPosition } from '../prisma/ledger';
import { findPayout, findPayoutSchedule, noteScheduleResult } from '../prisma/payout';
import type { Dependencies } from './dependencies';

/**
 * Pays a seller out by its schedule, if there is as much as the schedule asks for and nothing speaks against it. A retry is
 * safe: the payout's id is made of seller, currency and day, so one day has one payout (P4).
 *
 * @param input.dueOn the day of the schedule, `2026-11-20`
 */
export async function payOutOnSchedule(
  { databases, orchestrator }: Dependencies,
  input: ScheduledPayoutInput & { dueOn: string },
): Promise<{ result: string }> {
  const { merchantId, sellerAccount, currency } = input;
  const schedule = await findPayoutSchedule(databases.payouts, { merchantId, sellerAccount, currency });
  const result = await payOut();
  await noteScheduleResult(databases.payouts, { merchantId, sellerAccount, currency }, { due_on: input.dueOn, result });
  return { result };

  async function payOut(): Promise<string> {
    if (schedule?.active !== true) return 'no_schedule';
    const payoutId = payoutIdOf(input);
    const { availableMinor } = await sellerPosition(databases.ledger, { merchantId, seller: sellerAccount, currency });
    const made = await findPayout(databases.payouts, { merchantId, payoutId });
    if (availableMinor < schedule.minimum && made === undefined) return 'below_minimum';
    const answer = await requestPayout(databases, {
      merchantId,
      payoutId,
      sellerAccount,
      amountMinor: null,
      currency,
      requestedBy: { actor: 'schedule', reason: `${schedule.payoutInterval} payout` },
      scheduled: true,
      idempotencyKey: null,
    });
    if (answer.outcome !== 'created' && answer.outcome !== 'replayed')
      return answer.outcome === 'blocked' ? answer.block : answer.outcome;
    await orchestrator.startProcess(payoutProcess(answer.payout));
    return `payout ${payoutId}`;
  }
}

/** One id per seller, currency and day; seller ids alone may be as long as an id can be. */
const payoutIdOf = ({ merchantId, sellerAccount, currency, dueOn }: ScheduledPayoutInput & { dueOn: string }): string =>
  `auto-${dueOn}-${createHash('sha256')
    .update([merchantId, sellerAccount, currency].join(':'))
    .digest('hex')
    .slice(0, 16)}`;
