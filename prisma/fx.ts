import { mustParseRate, rateText, type Converted, type FixedSide, type Rate, type RateSheet } from '../domain/fx';
import type { PrismaClient } from './database';
import type { FxQuoteModel } from './generated/models';

/** Rates as they were last loaded. */
export interface StoredSheet extends RateSheet {
  readonly loadedAt: Date;
}

/**
 * Keeps what rates say that wasn't known. What a source corrects is kept beside what it had said, and counts from then on. Safe to
 * repeat: what is known is left out.
 *
 * @returns how many were new
 */
export async function saveRates(payments: PrismaClient, sheet: RateSheet): Promise<number> {
  const rates = [...sheet.rates].map(([currency, rate]) => ({ currency, rate: rateText(rate) }));
  return payments.$executeRaw`
    INSERT INTO payments.fx_rate (source, as_of, base, currency, rate)
    SELECT ${sheet.source}, ${sheet.asOf}::timestamptz, ${sheet.base}, new.currency, new.rate
    FROM jsonb_to_recordset(${JSON.stringify(rates)}::jsonb) AS new(currency text, rate numeric)
    WHERE new.rate IS DISTINCT FROM (
      SELECT known.rate FROM payments.fx_rate AS known
      WHERE known.source = ${sheet.source} AND known.as_of = ${sheet.asOf}::timestamptz AND known.currency = new.currency
      ORDER BY known.loaded_at DESC LIMIT 1)
    ON CONFLICT DO NOTHING`;
}

/** The rates of the latest moment that any are known of; nothing before the first were loaded. */
export async function newestRates(payments: PrismaClient): Promise<StoredSheet | undefined> {
  const rows = await payments.$queryRaw<
    { source: string; base: string; asOf: Date; currency: string; rate: string; loadedAt: Date }[]
  >`
    SELECT DISTINCT ON (r.currency) r.source, r.base, r.as_of AS "asOf", r.currency, r.rate::text AS rate, r.loaded_at AS "loadedAt"
    FROM payments.fx_rate AS r
    JOIN (SELECT source, as_of FROM payments.fx_rate ORDER BY as_of DESC, loaded_at DESC LIMIT 1) AS newest USING (source, as_of)
    ORDER BY r.currency, r.loaded_at DESC`;
  const [first] = rows;
  if (first === undefined) return undefined;
  const { source, base, asOf } = first;
  return {
    source,
    base,
    asOf,
    rates: new Map(rows.map(({ currency, rate }) => [currency, storedRate(rate)])),
    loadedAt: new Date(Math.max(...rows.map(({ loadedAt }) => loadedAt.getTime()))),
  };
}

/** Postgres writes all decimals of the column. */
const storedRate = (text: string): Rate => mustParseRate(text.replace(/\.?0+$/, ''));

interface QuoteKey {
  readonly merchantId: string;
  readonly quoteId: string;
}

/** What a buyer is told that a price is in another currency. */
export interface NewQuote extends QuoteKey, Converted {
  readonly buyerCurrency: string;
  readonly sellerCurrency: string;
  readonly fixedSide: FixedSide;
  readonly mid: Rate;
  readonly spreadBasisPoints: number;
  readonly rateSource: string;
  readonly rateAsOf: Date;
  readonly requestFingerprint: Uint8Array;
  readonly seconds: number;
}

/** A stored quote. */
export interface QuoteRecord extends Omit<NewQuote, 'seconds'> {
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Stores a quote, once per id: one that is there stays. Answers what is stored under the id. */
export async function createQuote(payments: PrismaClient, quote: NewQuote): Promise<QuoteRecord> {
  await payments.$executeRaw`
    INSERT INTO payments.fx_quote (merchant_id, quote_id, buyer_currency, buyer_amount, seller_currency, seller_amount, fixed_side, mid_rate, rate,
      spread_basis_points, spread_amount, rate_source, rate_as_of, request_fingerprint, expires_at)
    VALUES (${quote.merchantId}, ${quote.quoteId}, ${quote.buyerCurrency}, ${quote.buyerMinor}, ${quote.sellerCurrency}, ${quote.sellerMinor},
      ${quote.fixedSide}, ${rateText(quote.mid)}::numeric, ${rateText(quote.rate)}::numeric, ${quote.spreadBasisPoints}::int, ${quote.spreadMinor},
      ${quote.rateSource}, ${quote.rateAsOf}::timestamptz, ${quote.requestFingerprint}::bytea, now() + make_interval(secs => ${quote.seconds}::int))
    ON CONFLICT DO NOTHING`;
  const stored = await findQuote(payments, quote);
  if (stored === undefined) throw new Error(`quote ${quote.quoteId} was stored and is not there`);
  return stored;
}

export async function findQuote(payments: PrismaClient, key: QuoteKey): Promise<QuoteRecord | undefined> {
  return (await findQuotes(payments, key.merchantId, [key.quoteId])).get(key.quoteId);
}

/** Some quotes, by their ids. */
export async function findQuotes(
  payments: PrismaClient,
  merchantId: string,
  quoteIds: readonly string[],
): Promise<ReadonlyMap<string, QuoteRecord>> {
  const rows = await payments.fxQuote.findMany({ where: { merchantId, quoteId: { in: [...quoteIds] } } });
  return new Map(rows.map((row) => [row.quoteId, quoteOf(row)]));
}

function quoteOf(row: FxQuoteModel): QuoteRecord {
  const { buyerAmount, sellerAmount, spreadAmount, midRate, rate, fixedSide, ...rest } = row;
  return {
    ...rest,
    buyerMinor: buyerAmount,
    sellerMinor: sellerAmount,
    spreadMinor: spreadAmount,
    mid: mustParseRate(midRate.toFixed()),
    rate: mustParseRate(rate.toFixed()),
    fixedSide: fixedSide as FixedSide,
  };
}
