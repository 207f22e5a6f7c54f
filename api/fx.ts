import { createHash, randomUUID } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import { convertFor, midRate, type Conversion, type Converted, type FixedSide } from '../domain/fx';
import { fxRulesFrom } from '../domain/policies';
import { createQuote, findQuote, newestRates, type QuoteRecord, type StoredSheet } from '../prisma/fx';
import { merchantPolicies } from '../prisma/identity';
import { ProviderError } from '../providers/provider';
import { chargeableMultiple, toStripeAmount } from '../providers/stripe/amounts';
import { renderPositions, renderQuote, renderRates } from '../render';
import { positionReport } from '../positions';
import { callerWith } from './authentication';
import { positiveAmount, type ApiDependencies } from './checkouts';
import { currencyParameter, idOf } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { quoteBody, type QuoteBody } from './schemas';

/** What currencies are worth, and what a price is in a buyer's own. */
export function fxRoutes(dependencies: ApiDependencies): Router {
  const { payments } = dependencies.databases;
  const router = express.Router();
  router.get('/rates', async (request, response) => {
    callerWith('payments:read', response);
    const sheet = await newestRates(payments);
    if (sheet === undefined) throw noRates();
    const base = currencyParameter(request, 'base') ?? sheet.base;
    if (midRate(sheet, base, base) === undefined) throw withoutRate('base', base, sheet);
    response.json(renderRates(sheet, base, isStale(dependencies, sheet)));
  });
  router.get('/positions', async (request, response) => {
    const { merchantId } = callerWith('ops:read', response);
    const { ledger, identity } = dependencies.databases;
    const sheet = await newestRates(payments);
    if (sheet === undefined) throw noRates();
    const { reportingCurrency } = fxRulesFrom(await merchantPolicies(identity, merchantId));
    const currency = currencyParameter(request, 'currency') ?? reportingCurrency ?? sheet.base;
    if (midRate(sheet, currency, currency) === undefined) throw withoutRate('currency', currency, sheet);
    const report = await positionReport({ ledger }, merchantId, sheet, currency);
    response.json(renderPositions(report, isStale(dependencies, sheet)));
  });
  router.post('/quotes', (request, response) => postQuote(dependencies, request, response));
  router.get('/quotes/:id', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    const quote = await findQuote(payments, { merchantId, quoteId: idOf(request) });
    if (quote === undefined) throw new Problem('not-found', 'there is no such quote');
    response.json(renderQuote(quote));
  });
  return router;
}

const noRates = (): Problem =>
  new Problem('rates-unavailable', 'no exchange rates were loaded yet: the worker reads them where FX_RATES_FROM says');

const isStale = ({ fxMaxAgeMs }: ApiDependencies, { asOf }: StoredSheet): boolean =>
  Date.now() - asOf.getTime() > fxMaxAgeMs;

function withoutRate(field: string, currency: string, { base, rates }: StoredSheet): Problem {
  const known = [base, ...rates.keys()].sort().join(', ');
  return new Problem('validation-failed', `${field}: there is no rate of ${currency}`, [
    { pointer: field === 'base' || field === 'currency' ? field : `/${field}`, detail: `must be one of ${known}` },
  ]);
}

/** A quote is stored before it is told, with the rates it is made of: what a buyer was told can be shown for ever. */
async function postQuote(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId } = callerWith('payments:write', response);
  const { payments } = dependencies.databases;
  const body = readBody(request, quoteBody);
  const wish = wishOf(body);
  const requestFingerprint = fingerprintOf(wish);
  const quoteId = body.quote_id ?? `fxq-${randomUUID()}`;
  // One that was told before is told again, whatever rates are now.
  const known = await findQuote(payments, { merchantId, quoteId });
  const quote = known ?? (await newQuote(dependencies, { merchantId, quoteId }, wish, requestFingerprint));
  if (!requestFingerprint.equals(quote.requestFingerprint))
    throw new Problem('id-reused', 'send a new quote_id with a new quote', [
      { pointer: '/quote_id', detail: 'came with other currencies or another amount before' },
    ]);
  if (known !== undefined) response.setHeader('Idempotent-Replayed', 'true');
  response
    .status(known === undefined ? 201 : 200)
    .location(`/v1/fx/quotes/${quote.quoteId}`)
    .json(renderQuote(quote));
}

/** What is to be quoted. */
interface Wish {
  readonly buyerCurrency: string;
  readonly sellerCurrency: string;
  readonly fixedSide: FixedSide;
  /** Of the side that is fixed. */
  readonly amountMinor: bigint;
}

/** @throws Problem that names an amount which can't be paid */
function wishOf(body: QuoteBody): Wish {
  const { buyer_currency: buyerCurrency, seller_currency: sellerCurrency } = body;
  const fixedSide = body.seller_amount === undefined ? 'buyer' : 'seller';
  const amount = (fixedSide === 'seller' ? body.seller_amount : body.buyer_amount) ?? '';
  const currency = fixedSide === 'seller' ? sellerCurrency : buyerCurrency;
  const amountMinor = positiveAmount({ amount, currency }, `/${fixedSide}_amount`);
  return { buyerCurrency, sellerCurrency, fixedSide, amountMinor };
}

async function newQuote(
  dependencies: ApiDependencies,
  key: { readonly merchantId: string; readonly quoteId: string },
  wish: Wish,
  requestFingerprint: Uint8Array,
): Promise<QuoteRecord> {
  const { payments, identity } = dependencies.databases;
  const { buyerCurrency, sellerCurrency, fixedSide } = wish;
  const sheet = await freshRates(dependencies);
  const mid = midRate(sheet, sellerCurrency, buyerCurrency);
  if (mid === undefined) {
    const isBuyers = midRate(sheet, sheet.base, buyerCurrency) === undefined;
    throw isBuyers
      ? withoutRate('buyer_currency', buyerCurrency, sheet)
      : withoutRate('seller_currency', sellerCurrency, sheet);
  }
  const rules = fxRulesFrom(await merchantPolicies(identity, key.merchantId));
  const conversion = {
    sellerCurrency,
    buyerCurrency,
    mid,
    spreadBasisPoints: rules.spreadBasisPoints,
    buyerMultipleOf: chargeableMultiple(buyerCurrency),
    sellerMultipleOf: chargeableMultiple(sellerCurrency),
  };
  return createQuote(payments, {
    ...key,
    buyerCurrency,
    sellerCurrency,
    fixedSide,
    mid,
    spreadBasisPoints: rules.spreadBasisPoints,
    ...converted(conversion, wish),
    rateSource: sheet.source,
    rateAsOf: sheet.asOf,
    requestFingerprint,
    seconds: rules.quoteSeconds,
  });
}

/** @throws Problem that says how old the rates are */
async function freshRates(dependencies: ApiDependencies): Promise<StoredSheet> {
  const sheet = await newestRates(dependencies.databases.payments);
  if (sheet === undefined) throw noRates();
  if (!isStale(dependencies, sheet)) return sheet;
  const hours = dependencies.fxMaxAgeMs / 3_600_000;
  throw new Problem(
    'rates-unavailable',
    `the newest rates, by ${sheet.source}, are of ${sheet.asOf.toISOString()}: older than ${String(hours)} hours, so nothing is quoted by them`,
    [],
    { rate_source: sheet.source, rate_as_of: sheet.asOf.toISOString(), max_age_hours: hours },
  );
}

/** Both amounts. @throws Problem that names the one that was given and what would be right */
function converted(conversion: Conversion, { fixedSide, amountMinor }: Wish): Converted {
  const pointer = `/${fixedSide}_amount`;
  try {
    const both = convertFor(conversion, fixedSide, amountMinor);
    toStripeAmount({ amountMinor: both.buyerMinor, currency: conversion.buyerCurrency });
    return both;
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof ProviderError)) throw error;
    throw new Problem('validation-failed', `${pointer}: ${error.message}`, [{ pointer, detail: error.message }]);
  }
}

/** Equal wishes have equal fingerprints. */
const fingerprintOf = ({ buyerCurrency, sellerCurrency, fixedSide, amountMinor }: Wish): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([buyerCurrency, sellerCurrency, fixedSide, amountMinor.toString()]))
    .digest();
