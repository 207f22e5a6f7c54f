import type Stripe from 'stripe';
import { isCurrency } from '../../domain/money';
import type { LineFamily } from '../../domain/reconciliation';
import type { ProviderAmount, SettlementLine, SettlementPage, SettlementSpan } from '../provider';
import { fromStripeAmount } from './amounts';
import { toProviderError } from './errors';

const pageSize = 100;

/** docs.stripe.com/reports/balance-transaction-types */
export const lineFamilies: Readonly<Record<string, LineFamily>> = {
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
  reserve_transaction: 'reserve',
  reserve_hold: 'reserve',
  reserve_release: 'reserve',
  reserved_funds: 'reserve',
};

/**
 * A page of an account's balance transactions of a span of time (docs.stripe.com/api/balance_transactions/list), each with what
 * it is about, whose metadata say whose it is.
 */
export async function settlementPage(
  stripe: Stripe,
  { from, to, account }: SettlementSpan,
  after: string | null,
): Promise<SettlementPage> {
  try {
    const page = await stripe.balanceTransactions.list(
      {
        created: { gte: seconds(from), ...(to !== undefined && { lt: seconds(to) }) },
        limit: pageSize,
        expand: ['data.source'],
        ...(after !== null && { starting_after: after }),
      },
      account === undefined ? {} : { stripeAccount: account },
    );
    return { lines: page.data.map(lineOf), next: page.has_more ? (page.data.at(-1)?.id ?? null) : null };
  } catch (error) {
    throw toProviderError(error);
  }
}

/** What an account holds, whether it is available yet or not (docs.stripe.com/api/balance/balance_object). */
export async function balanceOf(stripe: Stripe, account: string | undefined): Promise<ProviderAmount[]> {
  try {
    const balance = await stripe.balance.retrieve({}, account === undefined ? {} : { stripeAccount: account });
    const sums = new Map<string, number>();
    for (const { currency, amount } of [...balance.available, ...balance.pending, ...(balance.connect_reserved ?? [])])
      sums.set(currency, (sums.get(currency) ?? 0) + amount);
    return [...sums].map(([currency, minor]) => ({
      currency: currency.toUpperCase(),
      amountMinor: minorOf(minor, currency.toUpperCase()),
    }));
  } catch (error) {
    throw toProviderError(error);
  }
}

/** A currency that nobody can pay in here is still the PSP's: its units are kept as they are (R7). */
const minorOf = (minor: number, currency: string): bigint =>
  isCurrency(currency) ? fromStripeAmount(minor, currency) : BigInt(minor);

const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);

function lineOf(line: Stripe.BalanceTransaction): SettlementLine {
  const currency = line.currency.toUpperCase();
  const source = typeof line.source === 'string' || line.source === null ? undefined : line.source;
  const { payment_intent: intent, metadata } = (source ?? {}) as {
    payment_intent?: string | { id: string } | null;
    metadata?: Record<string, string> | null;
  };
  return {
    lineId: line.id,
    type: line.type,
    family: source?.object === 'dispute' ? 'dispute' : (lineFamilies[line.type] ?? 'other'),
    amountMinor: minorOf(line.amount, currency),
    feeMinor: minorOf(line.fee, currency),
    netMinor: minorOf(line.net, currency),
    currency,
    source: typeof line.source === 'string' ? line.source : (source?.id ?? null),
    parent: intent === null || intent === undefined ? null : typeof intent === 'string' ? intent : intent.id,
    metadata: metadata ?? {},
    createdAt: new Date(line.created * 1000),
    availableOn: new Date(line.available_on * 1000),
  };
}
