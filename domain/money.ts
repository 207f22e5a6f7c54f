import { dinero, toDecimal, toSnapshot } from 'dinero.js/bigint';
import * as isoCurrencies from 'dinero.js/bigint/currencies';

/**
 * An amount as it crosses every boundary: a decimal string in major units and an ISO 4217 code, never a float (M1).
 *
 * @example { amount: '49.90', currency: 'EUR' }
 */
export interface Money {
  readonly amount: string;
  readonly currency: string;
}

/** Why an amount was refused. Stable: the API shows it and tests name it. */
export const moneyProblems = [
  'not_a_decimal',
  'too_many_decimals',
  'not_positive',
  'too_large',
  'unknown_currency',
] as const;
export type MoneyProblem = (typeof moneyProblems)[number];

/** An amount that can't be represented exactly. `field` says which half of the pair is at fault. */
export class MoneyError extends Error {
  constructor(
    readonly problem: MoneyProblem,
    readonly field: 'amount' | 'currency',
    message: string,
  ) {
    super(message);
    this.name = 'MoneyError';
  }
}

/**
 * dinero writes the ouguiya and the ariary in fifths, as the coins are minted. ISO 4217 gives both two decimals, and
 * that is what card networks and PSPs speak, so the standard's exponent wins here.
 */
const exponentOverrides: Readonly<Record<string, number>> = { MGA: 2, MRU: 2 };

const exponents: ReadonlyMap<string, number> = new Map(
  Object.values(isoCurrencies).map((currency) => [
    currency.code,
    exponentOverrides[currency.code] ?? Number(currency.exponent),
  ]),
);

/** The largest amount taken, in minor units: 15 digits, far below bigint in Postgres and exact as a JSON number at a PSP. */
export const maximumAmountMinor = 999_999_999_999_999n;

const plainDecimal = /^(?:0|[1-9]\d{0,17})(?:\.(\d{1,18}))?$/;

/**
 * The number of decimals of a currency: 0 for JPY, 2 for EUR, 3 for KWD, 4 for CLF (M2).
 *
 * @throws MoneyError `unknown_currency`
 */
export function currencyExponent(currency: string): number {
  const exponent = exponents.get(currency);
  if (exponent === undefined) {
    throw new MoneyError(
      'unknown_currency',
      'currency',
      'must be an ISO 4217 currency code in upper case, such as "EUR"',
    );
  }
  return exponent;
}

/** Whether a code is a currency that amounts can be in. */
export const isCurrency = (currency: string): boolean => exponents.has(currency);

/**
 * Minor units of a decimal string, exactly; nothing is ever rounded (M1, M2).
 *
 * @throws MoneyError naming the field and what would be right
 */
export function toMinorUnits(money: Money): bigint {
  const exponent = currencyExponent(money.currency);
  const match = plainDecimal.exec(money.amount);
  if (match === null) {
    throw new MoneyError('not_a_decimal', 'amount', 'must be a plain decimal string in major units, such as "49.90"');
  }
  const fraction = match[1] ?? '';
  if (fraction.length > exponent) {
    throw new MoneyError(
      'too_many_decimals',
      'amount',
      exponent === 0
        ? `${money.currency} has no decimals: write it as a whole number`
        : `${money.currency} has ${String(exponent)} decimals, not ${String(fraction.length)}`,
    );
  }
  const whole = money.amount.split('.')[0] ?? '0';
  const minor = BigInt(whole + fraction.padEnd(exponent, '0'));
  if (minor > maximumAmountMinor) {
    throw new MoneyError(
      'too_large',
      'amount',
      `must be at most ${fromMinorUnits(maximumAmountMinor, money.currency).amount}`,
    );
  }
  return minor;
}

/** Like {@link toMinorUnits}, for amounts that must move money: zero is refused too. */
export function toPositiveMinorUnits(money: Money): bigint {
  const minor = toMinorUnits(money);
  if (minor <= 0n) throw new MoneyError('not_positive', 'amount', 'must be greater than zero');
  return minor;
}

/** The decimal string of minor units, with exactly the currency's decimals. Negative balances keep their sign. */
export function fromMinorUnits(minor: bigint, currency: string): Money {
  const exponent = currencyExponent(currency);
  const value = dinero({ amount: minor, currency: { code: currency, base: 10n, exponent: BigInt(exponent) } });
  return { amount: exponent === 0 ? toSnapshot(value).amount.toString() : toDecimal(value), currency };
}

/** An amount of any currency as text: of one that nobody can pay in here, its smallest units as they are. */
export const amountText = (minor: bigint, currency: string): string =>
  isCurrency(currency) ? fromMinorUnits(minor, currency).amount : minor.toString();

/**
 * Splits a whole by weights with the largest-remainder method: every part gets its floor, then the units left over go
 * one each to the largest remainders, the earlier part first on a tie (M3). The parts always sum to the whole.
 * dinero's own `allocate` gives left-over units to the first parts whatever their remainder, so it isn't used.
 *
 * @param total minor units, zero or more
 * @param weights zero or more each, at least one above zero
 */
export function splitByLargestRemainder(total: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((running, weight) => running + weight, 0n);
  if (total < 0n) throw new RangeError('a split needs a total of zero or more');
  if (sum <= 0n || weights.some((weight) => weight < 0n)) {
    throw new RangeError('a split needs weights of zero or more, at least one of them above zero');
  }
  const parts = weights.map((weight) => (total * weight) / sum);
  const leftOver = total - parts.reduce((running, part) => running + part, 0n);
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (total * weight) % sum }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of byRemainder.slice(0, Number(leftOver))) parts[index] = (parts[index] ?? 0n) + 1n;
  return parts;
}
