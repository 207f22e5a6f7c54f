import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  currencyExponent,
  fromMinorUnits,
  maximumAmountMinor,
  MoneyError,
  splitByLargestRemainder,
  toMinorUnits,
  toPositiveMinorUnits,
} from './money';

const currencies = ['JPY', 'EUR', 'KWD', 'CLF', 'MGA', 'MRU', 'ISK'];

describe('M1 M2 amounts', () => {
  it.each([
    ['JPY', 0],
    ['KRW', 0],
    ['EUR', 2],
    ['MGA', 2],
    ['MRU', 2],
    ['KWD', 3],
    ['BHD', 3],
    ['CLF', 4],
  ])('M2 %s has %i decimals', (currency, exponent) => {
    expect(currencyExponent(currency)).toBe(exponent);
  });

  it('M1 every amount survives the way to minor units and back, whatever its exponent', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...currencies),
        fc.bigInt({ min: 0n, max: maximumAmountMinor }),
        (currency, minor) => {
          expect(toMinorUnits(fromMinorUnits(minor, currency))).toBe(minor);
        },
      ),
    );
  });

  it.each([
    ['1e3', 'EUR', 'not_a_decimal'],
    ['-1', 'EUR', 'not_a_decimal'],
    ['+1', 'EUR', 'not_a_decimal'],
    ['01', 'EUR', 'not_a_decimal'],
    ['1.', 'EUR', 'not_a_decimal'],
    ['.5', 'EUR', 'not_a_decimal'],
    ['1,5', 'EUR', 'not_a_decimal'],
    [' 1', 'EUR', 'not_a_decimal'],
    ['', 'EUR', 'not_a_decimal'],
    ['0x10', 'EUR', 'not_a_decimal'],
    ['0.001', 'USD', 'too_many_decimals'],
    ['1.5', 'JPY', 'too_many_decimals'],
    ['1.00000', 'CLF', 'too_many_decimals'],
    ['1', 'EUX', 'unknown_currency'],
    ['1', 'eur', 'unknown_currency'],
    ['10000000000000.00', 'EUR', 'too_large'],
  ])('M2 "%s" %s is refused as %s', (amount, currency, problem) => {
    expect(() => toMinorUnits({ amount, currency })).toThrow(expect.objectContaining({ problem }));
  });

  it('zero is refused where money must move', () => {
    expect(() => toPositiveMinorUnits({ amount: '0.00', currency: 'EUR' })).toThrow(MoneyError);
    expect(toPositiveMinorUnits({ amount: '0.01', currency: 'EUR' })).toBe(1n);
  });

  it('negative balances keep their sign and decimals', () => {
    expect(fromMinorUnits(-5n, 'EUR')).toEqual({ amount: '-0.05', currency: 'EUR' });
    expect(fromMinorUnits(-5n, 'JPY')).toEqual({ amount: '-5', currency: 'JPY' });
  });
});

describe('M3 splits', () => {
  const weights = fc
    .array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 20 })
    .filter((list) => list.some((weight) => weight > 0n));

  it('M3 parts sum to the whole, and none is off by a unit or more', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: maximumAmountMinor }), weights, (total, list) => {
        const parts = splitByLargestRemainder(total, list);
        const sum = list.reduce((running, weight) => running + weight, 0n);
        expect(parts.reduce((running, part) => running + part, 0n)).toBe(total);
        parts.forEach((part, index) => {
          const exact = total * (list[index] ?? 0n);
          expect(part * sum > exact - sum && part * sum < exact + sum).toBe(true);
        });
      }),
    );
  });

  it('M3 the larger remainder gets the unit, the earlier part on a tie, nothing goes to a weight of zero', () => {
    expect(splitByLargestRemainder(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n]);
    expect(splitByLargestRemainder(10n, [1n, 5n, 1n])).toEqual([2n, 7n, 1n]);
    expect(splitByLargestRemainder(1n, [0n, 1n])).toEqual([0n, 1n]);
    expect(() => splitByLargestRemainder(1n, [0n])).toThrow(RangeError);
    expect(() => splitByLargestRemainder(-1n, [1n])).toThrow(RangeError);
  });
});
