import { workflowIds } from '../domain/identifiers';
import { disputeProcess } from '../disputes';
import { payoutProcess, tellSchedules } from '../payouts';
import { claimDisputes } from '../prisma/dispute';
import { findPaymentOrder } from '../prisma/payment-order';
import { reviveNotifications } from '../prisma/notification';
import { claimPayouts } from '../prisma/payout';
import { claimPlanMigrations } from '../prisma/plan-migration';
import { claimProposals } from '../prisma/proposal';
import { claimRefunds } from '../prisma/refund';
import { claimSellers } from '../prisma/seller';
import { claimSubscriptions } from '../prisma/subscription';
import { refundProcess } from '../refunds';
import type { MoneyProcess } from '../workflows/messages';
import type { Dependencies } from './dependencies';

const batch = 200;

/**
 * Brings refunds, disputes and payouts that are not settled under a running workflow again, and tells Temporal of payout
 * schedules it hasn't heard of (T5). A retry is safe: a start finds the running one. Answers how many had none.
 */
export async function sweepMoney({ databases, orchestrator }: Dependencies): Promise<number> {
  const { payments, payouts } = databases;
  let started = 0;
  for (const refund of await claimRefunds(payments, batch))
    await bring(workflowIds.refund(refund.merchantId, refund.refundId), async () =>
      refundProcess(refund, await sellerOf(refund)),
    );
  for (const dispute of await claimDisputes(payments, batch))
    await bring(workflowIds.dispute(dispute.merchantId, dispute.disputeId), async () =>
      disputeProcess(dispute, await sellerOf(dispute)),
    );
  for (const payout of await claimPayouts(payouts, batch))
    await bring(workflowIds.payout(payout.merchantId, payout.payoutId), () => Promise.resolve(payoutProcess(payout)));
  for (const { merchantId, proposalId } of await claimProposals(databases.ledger, batch))
    await bring(workflowIds.adjustment(merchantId, proposalId), () =>
      Promise.resolve({ workflow: 'adjustmentWorkflow', input: { merchantId, adjustmentId: proposalId } }),
    );
  for (const input of await claimSubscriptions(payments, batch))
    await bring(workflowIds.subscription(input.merchantId, input.subscriptionId), () =>
      Promise.resolve({ workflow: 'subscriptionWorkflow', input }),
    );
  for (const input of await claimPlanMigrations(payments, batch))
    await bring(workflowIds.planMigration(input.merchantId, input.migrationId), () =>
      Promise.resolve({ workflow: 'planMigrationWorkflow', input }),
    );
  for (const input of await claimSellers(databases.identity, batch))
    await bring(workflowIds.seller(input.merchantId, input.sellerId), () =>
      Promise.resolve({ workflow: 'sellerWorkflow', input }),
    );
  await reviveNotifications(databases.events, batch);
  await tellSchedules(payouts, (schedule) => orchestrator.putPayoutSchedule(schedule));
  return started;

  async function bring(workflowId: string, process: () => Promise<MoneyProcess>): Promise<void> {
    if ((await orchestrator.stateOf(workflowId)) === 'running') return;
    await orchestrator.startProcess(await process());
    started += 1;
  }

  async function sellerOf(key: { merchantId: string; paymentOrderId: string }): Promise<string> {
    return (await findPaymentOrder(payments, key))?.sellerAccount ?? 'unknown';
  }
}
