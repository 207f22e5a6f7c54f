import { disputeProcessOf } from './disputes';
import { workflowIds } from './domain/identifiers';
import type { PayoutStatus } from './domain/payout';
import { verdictOn, type PspEventRows, type PspEventState, type PspSubject } from './domain/psp-event';
import type { RefundStatus } from './domain/refund';
import { payoutProcess } from './payouts';
import type { PrismaClient } from './prisma/database';
import { findEventRows, parkPspEvent, settlePspEvent, type PspEventRecord } from './prisma/psp-event';
import { findPayout } from './prisma/payout';
import { findRefund, findRefundOfEvent } from './prisma/refund';
import { sellerOfAccount } from './prisma/seller';
import { noteStrayPayment } from './prisma/stray-payment';
import { refundProcess, requestRefund } from './refunds';
import type { MoneyProcess, StrayPaymentInput } from './workflows/messages';

/** What applying an event reaches: rows, and the workflows to tell. The same for the API and the worker. */
export interface EventWorld {
  readonly payments: PrismaClient;
  readonly payouts: PrismaClient;
  readonly identity: PrismaClient;
  /** Tells a workflow to ask the PSP now. Answers false when it isn't running. */
  readonly tell: (workflowId: string) => Promise<boolean>;
  readonly startStrayPayment: (input: StrayPaymentInput) => Promise<void>;
  /** Starts a process that moves money back or out, or wakes the one that runs. Safe to repeat. */
  readonly startProcess: (process: MoneyProcess) => Promise<void>;
}

/** What became of a piece of news from the PSP. */
export interface NewsOutcome {
  readonly state: Exclude<PspEventState, 'received'>;
  readonly reason: string | null;
}

/** A piece of news from the PSP: what it claims, of whom, and where it was heard. */
export interface PspNews {
  readonly merchantId: string;
  readonly paymentOrderId: string | null;
  readonly checkoutId: string | null;
  /** The connected account that it comes from; null for the merchant's own. */
  readonly account: string | null;
  readonly occurredAt: Date;
  readonly subject: PspSubject;
  /** Where it was heard, such as `event evt_1`: written down with what is done about it. */
  readonly heardFrom: string;
}

/**
 * Compares a stored event with our rows and tells the one workflow whose state would change (W3). Safe to repeat, and
 * safe to lose half-way: an event that isn't settled is taken up again.
 */
export async function applyPspEvent(world: EventWorld, event: PspEventRecord): Promise<void> {
  const news = { ...event, subject: subjectOf(event), heardFrom: `event ${event.eventId}` };
  const { state, reason } = await actOnNews(world, news);
  if (state === 'parked') await parkPspEvent(world.payments, event, reason ?? '');
  else await settlePspEvent(world.payments, event, state, reason);
}

/**
 * Compares what the PSP says, by an event or by a settlement line, with our rows, and tells the one process whose state would
 * change. Safe to repeat: who is told asks the PSP before anything else.
 */
export async function actOnNews(world: EventWorld, news: PspNews): Promise<NewsOutcome> {
  const { payments } = world;
  const { merchantId, subject, heardFrom } = news;
  const rows = {
    ...(await findEventRows(payments, news, subject.payment)),
    ...(await moneyRows(world, news)),
  };
  const verdict = verdictOn(merchantId, subject, news.occurredAt.getTime(), rows);
  switch (verdict.verdict) {
    case 'tell_order':
      return tell(workflowIds.paymentOrder(merchantId, there(rows.order).paymentOrderId, there(rows.checkout).round));
    case 'tell_checkout':
      return tell(workflowIds.checkout(merchantId, there(rows.checkout).checkoutId, there(rows.checkout).round));
    case 'tell_subscription':
      // One that is not running any more has its sweeper, and asks the PSP by itself.
      return (await world.tell(workflowIds.subscription(merchantId, verdict.subscriptionId)))
        ? { state: 'applied', reason: null }
        : { state: 'no_change', reason: 'the subscription is not running' };
    case 'stray': {
      const { reference, attempt } = verdict;
      const { paymentOrderId, currency } = there(rows.order);
      const stray = { merchantId, pspReference: reference, paymentOrderId, attempt, currency };
      await noteStrayPayment(payments, { ...stray, foundBy: heardFrom });
      await world.startStrayPayment({ merchantId, paymentOrderId, reference });
      return { state: 'applied', reason: 'no order waits for this payment: it goes back' };
    }
    case 'tell_refund': {
      const refund = await findRefund(payments, { merchantId, refundId: verdict.refundId });
      return start(refundProcess(there(refund ?? null), there(rows.order).sellerAccount));
    }
    case 'adopt_refund':
      return adoptRefund();
    case 'tell_dispute':
      return start(disputeProcessOf(merchantId, subject, there(rows.order)));
    case 'tell_payout': {
      const payout = await findPayout(world.payouts, { merchantId, payoutId: verdict.payoutId });
      return start(payoutProcess(there(payout ?? null)));
    }
    case 'tell_seller':
      return start({ workflow: 'sellerWorkflow', input: { merchantId, sellerId: verdict.sellerId } });
    case 'no_change':
      return { state: 'no_change', reason: null };
    case 'ignored':
    case 'dead_letter':
      return { state: verdict.verdict, reason: verdict.reason };
    case 'later':
      return { state: 'parked', reason: verdict.reason };
  }

  async function start(process: MoneyProcess): Promise<NewsOutcome> {
    await world.startProcess(process);
    return { state: 'applied', reason: null };
  }

  /** A refund made at the PSP itself becomes one of ours: row first, guarded like any other. */
  async function adoptRefund(): Promise<NewsOutcome> {
    const { paymentOrderId, sellerAccount } = there(rows.order);
    const answer = await requestRefund(payments, {
      merchantId,
      paymentOrderId,
      refundId: subject.object,
      amountMinor: subject.amountMinor === null ? null : BigInt(subject.amountMinor),
      reason: 'refunded at the PSP',
      requestedBy: { actor: 'psp', reason: heardFrom },
      pspReference: subject.object,
      idempotencyKey: null,
    });
    if (answer.outcome !== 'created' && answer.outcome !== 'replayed')
      return { state: 'dead_letter', reason: `break: a refund at the PSP does not fit: ${answer.outcome}` };
    return start(refundProcess(answer.refund, sellerAccount));
  }

  async function tell(workflowId: string): Promise<NewsOutcome> {
    return (await world.tell(workflowId))
      ? { state: 'applied', reason: null }
      : { state: 'parked', reason: 'the workflow it is for is not running' };
  }
}

/** What an event is about. Events about disputes that an earlier version kept, and could not handle, are handled when they are replayed. */
function subjectOf({ type, subject }: PspEventRecord): PspSubject {
  const kept = subject as PspSubject;
  return type.startsWith('charge.dispute.') ? { ...kept, claim: 'dispute_changed' } : kept;
}

/** The rows that an event about a refund, a payout or a seller is compared with besides. */
async function moneyRows(
  world: EventWorld,
  { merchantId, account, subject: { claim, metadata, object } }: PspNews,
): Promise<Partial<Pick<PspEventRows, 'refund' | 'payout' | 'seller'>>> {
  if (claim === 'refund_changed') {
    const which = { refundId: metadata.refund_id, reference: object };
    const refund = await findRefundOfEvent(world.payments, merchantId, which);
    return {
      refund: refund === undefined ? null : { refundId: refund.refundId, status: refund.refundStatus as RefundStatus },
    };
  }
  if (claim === 'payout_changed' && metadata.payout_id !== undefined) {
    const payout = await findPayout(world.payouts, { merchantId, payoutId: metadata.payout_id });
    // An account that isn't the payout's own has no say in it (W6).
    const ours = payout !== undefined && payout.payoutAccount === account;
    return {
      payout: ours
        ? { payoutId: payout.payoutId, status: payout.payoutStatus as PayoutStatus, account: payout.payoutAccount }
        : null,
    };
  }
  // Told by the platform about an account of its own, or by that account (W6).
  if (claim === 'account_changed')
    return { seller: account === null ? null : ((await sellerOfAccount(world.identity, merchantId, account)) ?? null) };
  return {};
}

/** The row that a verdict is about: without it there would have been another one. */
function there<Row>(row: Row | null): Row {
  if (row === null) throw new Error('a verdict about a row that is not there');
  return row;
}
