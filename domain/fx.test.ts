import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { convertFor, midRate, midValue, mustParseRate, parseRate, rateText, withSpread, type Rate } from './fx';
import { currencyExponent } from './money';

const sheet = {
  base: 'EUR',
  rates: new Map([
    ['USD', mustParseRate('1.1588')],
    ['JPY', mustParseRate('180.12')],
    ['IDR', mustParseRate('19302.45')],
    ['KWD', mustParseRate('0.3561')],
  ]),
};
const mid = (from: string, to: string): Rate => {
  const rate = midRate(sheet, from, to);
  if (rate === undefined) throw new Error(`no rate of ${from} in ${to}`);
  return rate;
};
const conversion = (sellerCurrency: string, buyerCurrency: string, spreadBasisPoints: number) => ({
  sellerCurrency,
  buyerCurrency,
  mid: mid(sellerCurrency, buyerCurrency),
  spreadBasisPoints,
  buyerMultipleOf: 1n,
  sellerMultipleOf: 1n,
});

describe('rates', () => {
  it.each(['0', '0.000', '-1', '1e-7', '1,2', '', ' 1', 'NaN', '1.', '.5', '1'.repeat(19)])('%j is none', (text) => {
    expect(parseRate(text)).toBeUndefined();
  });

  it('are exact decimals, and read as they were written', () => {
    for (const [text, shown] of [
      ['1.1588', '1.1588'],
      ['180.120', '180.12'],
      ['100.00', '100'],
      ['007.50', '7.5'],
      ['0.0000184484353', '0.0000184484353'],
    ] as const)
      expect(rateText(mustParseRate(text))).toBe(shown);
  });

  it.each([
    ['EUR', 'USD', '1.1588'],
    ['EUR', 'EUR', '1'],
    // Ten significant digits of 1 / 1.1588, 180.12 / 1.1588, 0.3561 / 19302.45, 19302.45 / 0.3561.
    ['USD', 'EUR', '0.8629616845'],
    ['USD', 'JPY', '155.4366586'],
    ['IDR', 'KWD', '0.0000184484353'],
    ['KWD', 'IDR', '54205.13901'],
  ])('one %s in %s is %s, by way of the base', (from, to, shown) => {
    expect(rateText(mid(from, to))).toBe(shown);
  });

  it('there is none of a currency that is not listed', () => {
    expect(midRate(sheet, 'EUR', 'XOF')).toBeUndefined();
    expect(midRate(sheet, 'XOF', 'EUR')).toBeUndefined();
  });
});

describe('M4: conversions favour the house', () => {
  it('a price of 49.90 EUR with 2 % on top is 58.99 USD: the buyer’s amount is rounded up', () => {
    // 49.90 × 1.1588 × 1.02 = 58.9806…; 58.99 USD are worth 50.91 EUR in the middle.
    expect(convertFor(conversion('EUR', 'USD', 200), 'seller', 4_990n)).toEqual({
      sellerMinor: 4_990n,
      buyerMinor: 5_899n,
      rate: mustParseRate('1.181976'),
      spreadMinor: 101n,
    });
  });

  it('who pays 58.99 USD pays for 49.90 EUR: the seller’s amount is rounded down', () => {
    expect(convertFor(conversion('EUR', 'USD', 200), 'buyer', 5_899n)).toMatchObject({ sellerMinor: 4_990n });
  });

  it('each side is a multiple of what its currency moves in at the PSP', () => {
    const dinars = { ...conversion('EUR', 'KWD', 200), buyerMultipleOf: 10n };
    expect(convertFor(dinars, 'seller', 4_990n).buyerMinor).toBe(18_130n);
    const inDinars = { ...conversion('KWD', 'EUR', 0), sellerMultipleOf: 10n };
    expect(convertFor(inDinars, 'buyer', 5_000n).sellerMinor).toBe(17_800n);
  });

  it('nothing, and more than can be kept, are refused', () => {
    expect(() => convertFor(conversion('KWD', 'IDR', 0), 'buyer', 1n)).toThrow('convert more');
    expect(() => convertFor(conversion('KWD', 'IDR', 0), 'seller', 999_999_999_999_999n)).toThrow('convert less');
    // The seller's part is an amount still; with the spread on top it is none any more.
    expect(() => convertFor(conversion('KWD', 'EUR', 2_000), 'seller', 999_999_999_999_990n)).toThrow('convert less');
  });

  const currency = fc.constantFrom('JPY', 'EUR', 'KWD', 'CLF');
  const decimalRate = fc
    .record({ digits: fc.bigInt({ min: 1n, max: 10n ** 12n }), scale: fc.integer({ min: 0, max: 9 }) })
    .map(({ digits, scale }) => mustParseRate(rateText({ digits, scale })));
  const anyConversion = fc.record({
    sellerCurrency: currency,
    buyerCurrency: currency,
    mid: decimalRate,
    spreadBasisPoints: fc.integer({ min: 0, max: 2_000 }),
    buyerMultipleOf: fc.constantFrom(1n, 10n, 100n),
    sellerMultipleOf: fc.constantFrom(1n, 10n),
  });
  const amount = fc.bigInt({ min: 1n, max: 10n ** 12n });

  it('whatever rates and exponents are, the buyer pays at least the rate, and not a step more', () => {
    fc.assert(
      fc.property(anyConversion, amount, (conversion, sellerMinor) => {
        let converted;
        try {
          converted = convertFor(conversion, 'seller', sellerMinor);
        } catch (error) {
          fc.pre(!(error instanceof RangeError));
          throw error;
        }
        const { buyerMinor, rate, spreadMinor } = converted;
        // Both sides of "buyer = seller × rate", in whole numbers.
        const [es, eb] = [conversion.sellerCurrency, conversion.buyerCurrency].map((code) =>
          BigInt(currencyExponent(code)),
        ) as [bigint, bigint];
        const price = sellerMinor * rate.digits * 10n ** eb;
        const paid = (minor: bigint): bigint => minor * 10n ** (BigInt(rate.scale) + es);
        expect(paid(buyerMinor) >= price).toBe(true);
        expect(paid(buyerMinor - conversion.buyerMultipleOf) < price).toBe(true);
        expect(buyerMinor % conversion.buyerMultipleOf).toBe(0n);
        // The spread is what the middle rate leaves over: never less than nothing, and with the seller's part all of it.
        expect(spreadMinor >= 0n).toBe(true);
        expect(sellerMinor + spreadMinor).toBe(midValue(conversion, buyerMinor));
      }),
    );
  });

  it('and there and back again nobody gains a unit from it', () => {
    fc.assert(
      fc.property(anyConversion, amount, (conversion, buyerMinor) => {
        let there;
        try {
          there = convertFor(conversion, 'buyer', buyerMinor);
        } catch (error) {
          fc.pre(!(error instanceof RangeError));
          throw error;
        }
        const back = convertFor({ ...conversion, buyerMultipleOf: 1n }, 'seller', there.sellerMinor);
        expect(back.buyerMinor <= buyerMinor).toBe(true);
        expect(there.spreadMinor >= 0n).toBe(true);
      }),
    );
  });

  it('a spread is exact', () => {
    expect(rateText(withSpread(mustParseRate('1.1588'), 200))).toBe('1.181976');
    expect(rateText(withSpread(mustParseRate('155.4366586'), 0))).toBe('155.4366586');
    expect(rateText(withSpread(mustParseRate('0.8629616845'), 1))).toBe('0.86304798066845');
  });
});
