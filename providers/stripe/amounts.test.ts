import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ProviderError } from '../provider';
import { chargeableIn, fromStripeAmount, toStripeAmount } from './amounts';

describe('M2 amounts at Stripe', () => {
  it.each([
    ['EUR', 4990n, 4990],
    ['JPY', 500n, 500],
    ['KWD', 1250n, 1250],
    ['ISK', 300n, 30000],
    ['UGX', 300n, 30000],
    ['MGA', 30000n, 300],
    ['CLF', 12345n, 12345],
    ['HUF', 1050n, 1050],
  ])('%s: %s minor units are sent as %s', (currency, amountMinor, sent) => {
    expect(toStripeAmount({ amountMinor, currency })).toBe(sent);
    expect(fromStripeAmount(sent, currency)).toBe(amountMinor);
  });

  it.each([
    ['KWD', 1234n],
    ['BHD', 1n],
    ['MGA', 50n],
  ])('%s %s can not be sent exactly and is refused, never rounded', (currency, amountMinor) => {
    expect(() => toStripeAmount({ amountMinor, currency })).toThrow(ProviderError);
  });

  it('more than Stripe takes is refused', () => {
    expect(() => toStripeAmount({ amountMinor: 1_000_000_000_000n, currency: 'EUR' })).toThrow(ProviderError);
  });

  it('whatever is sent comes back as the same amount', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('EUR', 'JPY', 'KWD', 'ISK', 'UGX', 'MGA', 'CLF'),
        fc.bigInt({ min: 1n, max: 10n ** 9n }),
        (currency, amountMinor) => {
          try {
            expect(fromStripeAmount(toStripeAmount({ amountMinor, currency }), currency)).toBe(amountMinor);
          } catch (error) {
            expect(error).toBeInstanceOf(ProviderError);
          }
        },
      ),
    );
  });

  it.each([
    ['EUR', 49n, 0n],
    ['EUR', 50n, 50n],
    ['GBP', 30n, 30n],
    ['KWD', 1_009n, 1_000n],
    ['KWD', 9n, 0n],
    ['MGA', 199n, 100n],
    ['UYU', 1n, 1n],
  ])('of %s %s minor units %s can be charged', (currency, amountMinor, expected) => {
    const part = chargeableIn(currency)(amountMinor);
    expect(part).toBe(expected);
    expect(fromStripeAmount(toStripeAmount({ amountMinor: part, currency }), currency)).toBe(part);
  });
});
