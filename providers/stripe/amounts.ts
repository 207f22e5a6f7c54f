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
