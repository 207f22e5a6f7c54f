import { isDeepStrictEqual } from 'node:util';
import { newId } from './objects';
import type { StoredObject, StripeObject } from './store';

/** The API version that the sandbox's events are of: the SDK's own. */
const apiVersion = '2026-10-28.endive';

/** The events that a change of one object gives rise to, as Stripe sends them (docs.stripe.com/api/events/types). */
function typesOf(before: StripeObject | undefined, after: StripeObject): string[] {
  const moved = (field: string): boolean => before?.[field] !== after[field];
  switch (after.object) {
    case 'customer':
      return before === undefined ? ['customer.created'] : [];
    case 'payment_method':
      return before !== undefined || after['customer'] === null ? [] : ['payment_method.attached'];
    case 'payment_intent':
      return [...(before === undefined ? ['payment_intent.created'] : []), ...intentTypes(before, after)];
    case 'charge':
      if (before === undefined) return [after['paid'] === true ? 'charge.succeeded' : 'charge.failed'];
      return [
        ...(moved('captured') ? ['charge.captured'] : []),
        ...(moved('amount_refunded') ? ['charge.refunded'] : []),
      ];
    case 'refund':
      if (before === undefined) return ['refund.created'];
      if (!moved('status')) return [];
      return [after['status'] === 'failed' ? 'refund.failed' : 'refund.updated'];
    case 'dispute':
      return disputeTypes(before, after);
    case 'transfer':
      if (before === undefined) return ['transfer.created'];
      return moved('amount_reversed') ? ['transfer.reversed'] : [];
    case 'payout':
      if (before === undefined) return ['payout.created'];
      return moved('status') ? [`payout.${String(after['status'])}`] : [];
    case 'account':
      return before !== undefined && accountFields.some((field) => !isDeepStrictEqual(before[field], after[field]))
        ? ['account.updated']
        : [];
    case 'setup_intent':
      return [
        ...(before === undefined ? ['setup_intent.created'] : []),
        ...(moved('status') && after['status'] === 'succeeded' ? ['setup_intent.succeeded'] : []),
      ];
    default:
      return [];
  }
}

/** What Stripe tells the platform of. */
const accountFields = [
  'capabilities',
  'charges_enabled',
  'details_submitted',
  'email',
  'external_accounts',
  'payouts_enabled',
  'requirements',
] as const;

function disputeTypes(before: StripeObject | undefined, after: StripeObject): string[] {
  const linesOf = (dispute: StripeObject | undefined) =>
    (dispute?.['balance_transactions'] ?? []) as { amount: number }[];
  const news = linesOf(after).slice(linesOf(before).length);
  const status = String(after['status']);
  const closed = ['won', 'lost', 'warning_closed', 'prevented'].includes(status) && before?.['status'] !== status;
  return [
    ...(before === undefined ? ['charge.dispute.created'] : []),
    ...news.map(({ amount }) => (amount < 0 ? 'charge.dispute.funds_withdrawn' : 'charge.dispute.funds_reinstated')),
    ...(closed ? ['charge.dispute.closed'] : before !== undefined ? ['charge.dispute.updated'] : []),
  ];
}

const ofIntentStatus: Readonly<Record<string, string>> = {
  succeeded: 'payment_intent.succeeded',
  processing: 'payment_intent.processing',
  requires_action: 'payment_intent.requires_action',
  requires_capture: 'payment_intent.amount_capturable_updated',
  canceled: 'payment_intent.canceled',
};

function intentTypes(before: StripeObject | undefined, after: StripeObject): string[] {
  const status = String(after['status']);
  const failed = status === 'requires_payment_method' && after['last_payment_error'] !== null;
  // Each further decline on the page is told again: its charge is another one.
  if (failed)
    return before?.['latest_charge'] === after['latest_charge'] && before?.['status'] === status
      ? []
      : ['payment_intent.payment_failed'];
  if (before?.['status'] === status) return [];
  const type = ofIntentStatus[status];
  return type === undefined ? [] : [type];
}

function sessionTypes(before: StoredObject | undefined, after: StoredObject): string[] {
  const [was, is] = [before?.value, after.value];
  if (was?.['status'] !== is['status']) {
    if (is['status'] === 'complete') return ['checkout.session.completed'];
    return is['status'] === 'expired' ? ['checkout.session.expired'] : [];
  }
  if (is['status'] === 'complete' && was?.['payment_status'] !== is['payment_status'])
    return ['checkout.session.async_payment_succeeded'];
  return before?.hidden?.['asyncFailed'] !== true && after.hidden?.['asyncFailed'] === true
    ? ['checkout.session.async_payment_failed']
    : [];
}

/** The events of one call's changes, in the order in which Stripe would make them: the payment's before its session's. */
export function eventsOf(
  changes: readonly StoredObject[],
  find: (account: string, id: string) => StoredObject | undefined,
  nowSeconds: number,
  idempotencyKey: string | null,
  isConnected: (account: string) => boolean,
): StoredObject[] {
  const ranked = [...changes].sort(
    (a, b) => Number(a.value.object === 'checkout.session') - Number(b.value.object === 'checkout.session'),
  );
  return ranked.flatMap((change) => {
    const before = find(change.account, change.value.id);
    const types =
      change.value.object === 'checkout.session' ? sessionTypes(before, change) : typesOf(before?.value, change.value);
    return types.map((type) => ({
      account: change.account,
      value: {
        id: newId('evt'),
        object: 'event',
        // What happens to a connected account itself comes as from that account.
        ...(change.value.object === 'account'
          ? { account: change.value.id }
          : isConnected(change.account) && { account: change.account }),
        api_version: apiVersion,
        created: nowSeconds,
        data: { object: change.value },
        livemode: false,
        pending_webhooks: 1,
        request: { id: null, idempotency_key: idempotencyKey },
        type,
      },
    }));
  });
}
