import type Stripe from 'stripe';
import { isCurrency } from '../../domain/money';
import type { LineFamily } from '../../domain/reconciliation';
import type { SettlementLine, SettlementPage } from '../provider';
import { fromStripeAmount } from './amounts';
import { toProviderError } from './errors';

const pageSize = 100;

/** docs.stripe.com/reports/balance-transaction-types */
const families: Readonly<Record<string, LineFamily>> = {
  charge: 'charge',
  payment: 'charge',
  refund: 'refund',
  payment_refund: 'refund',
  refund_failure: 'refund',
  payment_failure_refund: 'refund',
  transfer: 'transfer',
  transfer_refund: 'transfer',
  transfer_cancel: 'transfer',
  transfer_failure: 'transfer',
  payout: 'payout',
  payout_cancel: 'payout',
  payout_failure: 'payout',
  stripe_fee: 'fee',
  stripe_fx_fee: 'fee',
  tax_fee: 'fee',
};

/**
 * A page of an account's balance transactions of a span of time (docs.stripe.com/api/balance_transactions/list), each with what
 * it is about, whose metadata say whose it is.
 */
export async function settlementPage(
  stripe: Stripe,
  span: { readonly from: Date; readonly to: Date },
  after: string | null,
): Promise<SettlementPage> {
  try {
    const page = await stripe.balanceTransactions.list({
      created: { gte: seconds(span.from), lt: seconds(span.to) },
      limit: pageSize,
      expand: ['data.source'],
      ...(after !== null && { starting_after: after }),
    });
    return { lines: page.data.map(lineOf), next: page.has_more ? (page.data.at(-1)?.id ?? null) : null };
  } catch (error) {
    throw toProviderError(error);
  }
}

const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);

function lineOf(line: Stripe.BalanceTransaction): SettlementLine {
  const currency = line.currency.toUpperCase();
  // A currency that nobody can pay in here is still the PSP's line: its units are kept as they are (R7).
  const amount = (minor: number): bigint => (isCurrency(currency) ? fromStripeAmount(minor, currency) : BigInt(minor));
  const source = typeof line.source === 'string' || line.source === null ? undefined : line.source;
  const { payment_intent: intent, metadata } = (source ?? {}) as {
    payment_intent?: string | { id: string } | null;
    metadata?: Record<string, string> | null;
  };
  return {
    lineId: line.id,
    type: line.type,
    family: source?.object === 'dispute' ? 'dispute' : (families[line.type] ?? 'other'),
    amountMinor: amount(line.amount),
    feeMinor: amount(line.fee),
    netMinor: amount(line.net),
    currency,
    source: typeof line.source === 'string' ? line.source : (source?.id ?? null),
    parent: intent === null || intent === undefined ? null : typeof intent === 'string' ? intent : intent.id,
    metadata: metadata ?? {},
    createdAt: new Date(line.created * 1000),
    availableOn: new Date(line.available_on * 1000),
  };
}
