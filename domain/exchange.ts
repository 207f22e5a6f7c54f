import { fromMinorUnits, toMinorUnits, type Money } from './money';

/**
 * What an order's quote promised, for the whole of what was ordered: the buyer pays in one currency and the seller is owed in another.
 * Minor units of the seller's currency.
 */
export interface Exchange {
  readonly sellerCurrency: string;
  /** The seller's, the platform's fee included. */
  readonly sellerMinor: bigint;
  /** What the buyer's amount was worth at the middle rate: with this the two currencies stand against each other. */
  readonly positionMinor: bigint;
}

/** What some of the buyer's money stands for in the seller's currency, in minor units. */
export interface ExchangedPart {
  /** The seller's, the platform's fee included. */
  readonly grossMinor: bigint;
  readonly positionMinor: bigint;
}

/** An exchange as it crosses boundaries. */
export interface ExchangedMoney {
  /** The seller's, the platform's fee included. */
  readonly sellerAmount: Money;
  readonly positionAmount: Money;
}

export const exchangedMoney = ({ sellerCurrency, sellerMinor, positionMinor }: Exchange): ExchangedMoney => ({
  sellerAmount: fromMinorUnits(sellerMinor, sellerCurrency),
  positionAmount: fromMinorUnits(positionMinor, sellerCurrency),
});

/** Some of the buyer's money and what it stands for: the two sides of a posting that crosses currencies. */
export interface Crossing {
  readonly buyerCurrency: string;
  readonly buyerMinor: bigint;
  readonly positionMinor: bigint;
}

/** An exchange as a payment order's row keeps it. */
export interface ExchangeColumns {
  readonly amount: bigint;
  readonly currency: string;
  readonly capturedAmount: bigint | null;
  readonly sellerCurrency: string | null;
  readonly sellerAmount: bigint | null;
  readonly positionAmount: bigint | null;
}

/** What the quote of an order promised; nothing for one that is paid in its seller's own currency. */
export function exchangeOf(order: Omit<ExchangeColumns, 'capturedAmount'>): Exchange | undefined {
  const { sellerCurrency, sellerAmount, positionAmount } = order;
  if (sellerCurrency === null || sellerAmount === null || positionAmount === null) return undefined;
  return { sellerCurrency, sellerMinor: sellerAmount, positionMinor: positionAmount };
}

/** What was really captured of an exchange; all of it while that isn't known to be less. Rounded down: what is lost is the house's. */
export function capturedExchange(order: ExchangeColumns): Exchange | undefined {
  const ordered = exchangeOf(order);
  return ordered === undefined
    ? undefined
    : partOfExchange(ordered, order.amount, order.capturedAmount ?? order.amount);
}

/** An exchange that crossed a boundary. */
export const exchangeFrom = ({ sellerAmount, positionAmount }: ExchangedMoney): Exchange => ({
  sellerCurrency: sellerAmount.currency,
  sellerMinor: toMinorUnits(sellerAmount),
  positionMinor: toMinorUnits(positionAmount),
});

/** An exchange of which only a part of the buyer's money came. */
export const partOfExchange = (ordered: Exchange, orderedMinor: bigint, capturedMinor: bigint): Exchange => ({
  sellerCurrency: ordered.sellerCurrency,
  sellerMinor: (ordered.sellerMinor * capturedMinor) / orderedMinor,
  positionMinor: (ordered.positionMinor * capturedMinor) / orderedMinor,
});

/**
 * What a refund takes back, at the original rate (M4): what everything given back by then stands for, less what the earlier ones took.
 * So many partial refunds take exactly what one full one does, and the last of them leaves nothing behind, whatever was rounded before.
 *
 * @param captured the whole, of which the buyer paid `capturedMinor`
 * @param gone what was given back before, and what it took
 * @param amountMinor at most what is left of the buyer's money
 */
export function exchangedBack(
  captured: Exchange,
  capturedMinor: bigint,
  gone: ExchangedPart & { readonly buyerMinor: bigint },
  amountMinor: bigint,
): ExchangedPart {
  const part = (whole: bigint, before: bigint): bigint => {
    const target = (whole * (gone.buyerMinor + amountMinor)) / capturedMinor;
    const most = whole - before;
    return target < before ? 0n : target - before > most ? most : target - before;
  };
  return {
    grossMinor: part(captured.sellerMinor, gone.grossMinor),
    positionMinor: part(captured.positionMinor, gone.positionMinor),
  };
}
