import { convert, dinero, toSnapshot, transformScale, up } from 'dinero.js/bigint';
import { currencyExponent, maximumAmountMinor } from './money';

/** An exact decimal above zero: `digits` × 10^-`scale`. Never a float. */
export interface Rate {
  readonly digits: bigint;
  readonly scale: number;
}

/** What one unit of `base` is worth in other currencies at one moment, by one source. */
export interface RateSheet {
  readonly source: string;
  readonly base: string;
  /** The moment the rates are of, by the source: not when they were read. */
  readonly asOf: Date;
  readonly rates: ReadonlyMap<string, Rate>;
}

const decimal = /^(\d{1,18})(?:\.(\d{1,30}))?$/;
/** A cross rate is a quotient, which may never end: so many digits of it count, and every amount is made of those. */
const crossDigits = 10;

/** A rate of plain decimal text. Answers nothing for anything else, and for zero. */
export function parseRate(text: string): Rate | undefined {
  const match = decimal.exec(text);
  if (match === null) return undefined;
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  const digits = BigInt((match[1] ?? '') + fraction);
  return digits > 0n ? { digits, scale: fraction.length } : undefined;
}

/** @throws RangeError where {@link parseRate} answers nothing: for what was stored as a rate */
export function mustParseRate(text: string): Rate {
  const rate = parseRate(text);
  if (rate === undefined) throw new RangeError(`${text} is no rate`);
  return rate;
}

/** The decimal text of a rate, without zeros at its end. */
export function rateText({ digits, scale }: Rate): string {
  if (scale === 0) return digits.toString();
  const text = digits.toString().padStart(scale + 1, '0');
  return `${text.slice(0, -scale)}.${text.slice(-scale)}`.replace(/\.?0+$/, '');
}

/**
 * The middle rate: how much of `to` one unit of `from` is worth. By way of the sheet's base where neither is the base; ten significant
 * digits, half to even. Answers nothing when the sheet lacks one of them.
 */
export function midRate(sheet: Pick<RateSheet, 'base' | 'rates'>, from: string, to: string): Rate | undefined {
  const worth = (currency: string): Rate | undefined =>
    currency === sheet.base ? { digits: 1n, scale: 0 } : sheet.rates.get(currency);
  const [ofFrom, ofTo] = [worth(from), worth(to)];
  if (ofFrom === undefined || ofTo === undefined) return undefined;
  return quotient(ofTo.digits * 10n ** BigInt(ofFrom.scale), ofFrom.digits * 10n ** BigInt(ofTo.scale));
}

/** `crossDigits` significant digits of a quotient of whole numbers above zero. */
function quotient(numerator: bigint, denominator: bigint): Rate {
  // Digits before the point, or zeros after it: one too many or too few is put right below.
  const size = numerator.toString().length - denominator.toString().length;
  let scale = Math.max(0, crossDigits - size);
  let digits = halfEvenQuotient(numerator * 10n ** BigInt(scale), denominator);
  if (scale > 0 && digits.toString().length > crossDigits) {
    scale -= 1;
    digits = halfEvenQuotient(numerator * 10n ** BigInt(scale), denominator);
  }
  return trimmed({ digits, scale });
}

function halfEvenQuotient(numerator: bigint, denominator: bigint): bigint {
  const floor = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  if (twice === denominator) return floor % 2n === 0n ? floor : floor + 1n;
  return twice > denominator ? floor + 1n : floor;
}

function trimmed({ digits, scale }: Rate): Rate {
  let rate = { digits, scale };
  while (rate.scale > 0 && rate.digits % 10n === 0n) rate = { digits: rate.digits / 10n, scale: rate.scale - 1 };
  return rate;
}

/** The middle rate with so many hundredths of a percent on top: what a buyer pays by. Exact. */
export const withSpread = ({ digits, scale }: Rate, basisPoints: number): Rate =>
  trimmed({ digits: digits * BigInt(10_000 + basisPoints), scale: scale + 4 });

/** Which of a quote's two amounts was given. */
export type FixedSide = 'seller' | 'buyer';

/** What a conversion is made of. Some currencies move in steps of several minor units at the PSP: each side is a multiple of its own. */
export interface Conversion {
  readonly sellerCurrency: string;
  readonly buyerCurrency: string;
  /** Buyer's currency per unit of the seller's. */
  readonly mid: Rate;
  readonly spreadBasisPoints: number;
  readonly buyerMultipleOf: bigint;
  readonly sellerMultipleOf: bigint;
}

/** Both sides of a conversion in minor units, and what of the buyer's amount is the spread, in the seller's currency. */
export interface Converted {
  readonly sellerMinor: bigint;
  readonly buyerMinor: bigint;
  readonly rate: Rate;
  readonly spreadMinor: bigint;
}

/**
 * Converts between what a buyer pays and what a seller is owed. Every rounding favours the house (M4), so that no order of conversions
 * takes money out of it: the buyer's amount is rounded up, the seller's down.
 *
 * @throws RangeError when one side would be nothing, or too large
 */
export function convertFor(conversion: Conversion, fixed: FixedSide, amountMinor: bigint): Converted {
  const { sellerCurrency, buyerCurrency, mid, spreadBasisPoints, buyerMultipleOf } = conversion;
  const rate = withSpread(mid, spreadBasisPoints);
  const sellerMinor = fixed === 'seller' ? amountMinor : sellerAmount(conversion, rate, amountMinor);
  const buyerMinor =
    fixed === 'buyer'
      ? amountMinor
      : upToMultiple(multiplied(sellerMinor, sellerCurrency, buyerCurrency, rate), buyerMultipleOf);
  if (sellerMinor <= 0n || buyerMinor <= 0n) throw new RangeError('is nothing in the other currency: convert more');
  // What stands between the two, spread and all, must be an amount as well.
  const positionMinor = midValue(conversion, buyerMinor);
  if ([sellerMinor, buyerMinor, positionMinor].some((minor) => minor > maximumAmountMinor))
    throw new RangeError('is too much in the other currency: convert less');
  return { sellerMinor, buyerMinor, rate, spreadMinor: positionMinor - sellerMinor };
}

/** What a buyer's amount is worth in the seller's currency at the middle rate, half to even. */
export function midValue(
  { sellerCurrency, buyerCurrency, mid }: Pick<Conversion, 'sellerCurrency' | 'buyerCurrency' | 'mid'>,
  buyerMinor: bigint,
): bigint {
  const [numerator, denominator] = inverse(buyerMinor, sellerCurrency, buyerCurrency, mid);
  return halfEvenQuotient(numerator, denominator);
}

/**
 * What a position is worth in another currency at the middle rate, half to even; below zero for one that is owed. Answers nothing when
 * the sheet lacks one of the two.
 */
export function worthOf(
  sheet: Pick<RateSheet, 'base' | 'rates'>,
  { currency, minor }: { readonly currency: string; readonly minor: bigint },
  into: string,
): bigint | undefined {
  const mid = midRate(sheet, into, currency);
  if (mid === undefined) return undefined;
  if (currency === into) return minor;
  const worth = midValue({ sellerCurrency: into, buyerCurrency: currency, mid }, minor < 0n ? -minor : minor);
  return minor < 0n ? -worth : worth;
}

/** The most whose price isn't above what the buyer pays. */
function sellerAmount(conversion: Conversion, rate: Rate, buyerMinor: bigint): bigint {
  const { sellerCurrency, buyerCurrency, sellerMultipleOf } = conversion;
  const [numerator, denominator] = inverse(buyerMinor, sellerCurrency, buyerCurrency, rate);
  return (numerator / denominator / sellerMultipleOf) * sellerMultipleOf;
}

/** A rate's inverse may never end, and dinero takes none: a fraction of whole numbers, for the caller to round. */
function inverse(buyerMinor: bigint, seller: string, buyer: string, { digits, scale }: Rate): [bigint, bigint] {
  return [
    buyerMinor * 10n ** BigInt(scale + currencyExponent(seller)),
    digits * 10n ** BigInt(currencyExponent(buyer)),
  ];
}

/** Rounded up. */
function multiplied(amountMinor: bigint, from: string, to: string, { digits, scale }: Rate): bigint {
  const currency = (code: string) => ({ code, base: 10n, exponent: BigInt(currencyExponent(code)) });
  const target = currency(to);
  const exact = convert(dinero({ amount: amountMinor, currency: currency(from) }), target, {
    [to]: { amount: digits, scale: BigInt(scale) },
  });
  return toSnapshot(transformScale(exact, target.exponent, up)).amount;
}

const upToMultiple = (minor: bigint, multipleOf: bigint): bigint =>
  ((minor + multipleOf - 1n) / multipleOf) * multipleOf;
