import { currencyExponent } from '../../domain/money';
import { ProviderError, type ProviderAmount } from '../provider';

/**
 * Where Stripe's units differ from ISO 4217's (docs.stripe.com/currencies). `factor` turns our minor units into
 * Stripe's; `multipleOf` is what Stripe's amount must then be a multiple of.
 */
const exceptions: Readonly<Record<string, { readonly stripeExponent: number; readonly multipleOf: bigint }>> = {
  // "Zero-decimal currencies" whose ISO exponent isn't 0.
  MGA: { stripeExponent: 0, multipleOf: 1n },
  // Zero-decimal in life, kept with two decimals in the API for compatibility.
  ISK: { stripeExponent: 2, multipleOf: 100n },
  UGX: { stripeExponent: 2, multipleOf: 100n },
  // Three decimals, the last of which must be 0.
  BHD: { stripeExponent: 3, multipleOf: 10n },
  IQD: { stripeExponent: 3, multipleOf: 10n },
  JOD: { stripeExponent: 3, multipleOf: 10n },
  KWD: { stripeExponent: 3, multipleOf: 10n },
  LYD: { stripeExponent: 3, multipleOf: 10n },
  OMR: { stripeExponent: 3, multipleOf: 10n },
  TND: { stripeExponent: 3, multipleOf: 10n },
};

const stripeMaximum = 999_999_999_999n;

/**
 * Stripe's integer for an amount. What can't be sent exactly is refused, never rounded (M2).
 *
 * @throws ProviderError `rejected`
 */
export function toStripeAmount({ amountMinor, currency }: ProviderAmount): number {
  const isoExponent = currencyExponent(currency);
  const { stripeExponent, multipleOf } = exceptions[currency] ?? { stripeExponent: isoExponent, multipleOf: 1n };
  let amount: bigint;
  if (stripeExponent >= isoExponent) amount = amountMinor * 10n ** BigInt(stripeExponent - isoExponent);
  else {
    const factor = 10n ** BigInt(isoExponent - stripeExponent);
    if (amountMinor % factor !== 0n) throw inexact(currency, stripeExponent);
    amount = amountMinor / factor;
  }
  if (amount % multipleOf !== 0n) throw inexact(currency, stripeExponent - (multipleOf.toString().length - 1));
  if (amount > stripeMaximum)
    throw new ProviderError(
      'rejected',
      `Stripe takes at most ${stripeMaximum.toString()} units of ${currency}`,
      'amount_too_large',
    );
  return Number(amount);
}

/** What an amount in our minor units must be a multiple of for Stripe to take it: 1 for nearly all, 10 for KWD, 100 for MGA. */
export function chargeableMultiple(currency: string): bigint {
  const isoExponent = currencyExponent(currency);
  const { stripeExponent, multipleOf } = exceptions[currency] ?? { stripeExponent: isoExponent, multipleOf: 1n };
  if (stripeExponent < isoExponent) return multipleOf * 10n ** BigInt(isoExponent - stripeExponent);
  const step = multipleOf / 10n ** BigInt(stripeExponent - isoExponent);
  return step > 1n ? step : 1n;
}

/**
 * The least that Stripe charges, in our minor units (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts); of a currency that isn't
 * listed there it goes by what the account is settled in, which Stripe alone knows.
 */
const leastCharges: Readonly<Record<string, bigint>> = {
  AED: 200n,
  AUD: 50n,
  BGN: 100n,
  BRL: 50n,
  CAD: 50n,
  CHF: 50n,
  CZK: 1500n,
  DKK: 250n,
  EUR: 50n,
  GBP: 30n,
  HKD: 400n,
  HUF: 17500n,
  INR: 50n,
  JPY: 50n,
  MXN: 1000n,
  MYR: 200n,
  NOK: 300n,
  NZD: 50n,
  PLN: 200n,
  RON: 200n,
  SEK: 300n,
  SGD: 50n,
  THB: 1000n,
  USD: 50n,
};

/** The most of an amount that Stripe charges exactly, in our minor units: 0 where all of it is less than it takes. */
export function chargeableIn(currency: string): (amountMinor: bigint) => bigint {
  const [step, least] = [chargeableMultiple(currency), leastCharges[currency] ?? 1n];
  return (amountMinor) => {
    const part = amountMinor - (amountMinor % step);
    return part < least ? 0n : part;
  };
}

/** Our minor units of an amount that Stripe reports. */
export function fromStripeAmount(amount: number, currency: string): bigint {
  const code = currency.toUpperCase();
  const isoExponent = currencyExponent(code);
  const stripeExponent = exceptions[code]?.stripeExponent ?? isoExponent;
  const units = BigInt(amount);
  return stripeExponent >= isoExponent
    ? units / 10n ** BigInt(stripeExponent - isoExponent)
    : units * 10n ** BigInt(isoExponent - stripeExponent);
}

const inexact = (currency: string, decimals: number): ProviderError =>
  new ProviderError(
    'rejected',
    `Stripe takes ${currency} with at most ${String(decimals)} decimals`,
    'amount_not_representable',
  );
