import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromMinorUnits, toMinorUnits } from './money';
import { isSettledRefund, partsOfCapture, partsOfRefund, refundStatuses, sharesOfDispute, type Parts } from './refund';

const captured = fc
  .record({ amountMinor: fc.bigInt({ min: 1n, max: 10n ** 15n }), share: fc.bigInt({ min: 0n, max: 1000n }) })
  .map(({ amountMinor, share }) => ({ amountMinor, platformFeeMinor: (amountMinor * share) / 1000n }));
const returned = { platformFeeOnRefund: 'returned' } as const;
const none: Parts = { sellerMinor: 0n, feeMinor: 0n };
const add = (a: Parts, b: Parts): Parts => ({
  sellerMinor: a.sellerMinor + b.sellerMinor,
  feeMinor: a.feeMinor + b.feeMinor,
});
const whole = ({ amountMinor, platformFeeMinor }: { amountMinor: bigint; platformFeeMinor: bigint }): Parts => ({
  sellerMinor: amountMinor - platformFeeMinor,
  feeMinor: platformFeeMinor,
});

describe('M3 parts of a refund', () => {
  it('sum to the refund, and those of any partial refunds to those of a full one', () => {
    fc.assert(
      fc.property(
        captured,
        fc.array(fc.double({ min: 0.0001, max: 1, noNaN: true }), { maxLength: 8 }),
        (order, shares) => {
          let gone = none;
          let left = order.amountMinor;
          for (const share of shares) {
            const amount = BigInt(Math.max(1, Math.floor(Number(left) * share)));
            if (amount > left) continue;
            const parts = partsOfRefund(order, gone, amount, returned);
            expect(parts.sellerMinor + parts.feeMinor).toBe(amount);
            expect(parts.sellerMinor >= 0n && parts.feeMinor >= 0n).toBe(true);
            gone = add(gone, parts);
            left -= amount;
          }
          if (left > 0n) gone = add(gone, partsOfRefund(order, gone, left, returned));
          expect(gone).toEqual(whole(order));
        },
      ),
    );
  });

  it('never exceed either part, also when refunds in between have failed', () => {
    fc.assert(
      fc.property(
        captured,
        fc.array(fc.record({ share: fc.double({ min: 0.0001, max: 1, noNaN: true }), fails: fc.boolean() }), {
          maxLength: 12,
        }),
        (order, refunds) => {
          let gone = none;
          for (const { share, fails } of refunds) {
            const left = order.amountMinor - gone.sellerMinor - gone.feeMinor;
            const amount = BigInt(Math.max(1, Math.floor(Number(left) * share)));
            if (amount > left) continue;
            const parts = partsOfRefund(order, gone, amount, returned);
            const after = add(gone, parts);
            expect(parts.sellerMinor >= 0n && parts.feeMinor >= 0n).toBe(true);
            expect(after.sellerMinor <= whole(order).sellerMinor && after.feeMinor <= whole(order).feeMinor).toBe(true);
            if (!fails) gone = after;
          }
        },
      ),
    );
  });

  it.each([
    ['JPY', '1000', '333', '500'],
    ['EUR', '10.00', '3.33', '5.01'],
    ['KWD', '1.250', '0.120', '0.625'],
  ])('M1 M2 in %s: %s with a fee of %s, half of it back', (currency, amount, fee, half) => {
    const order = {
      amountMinor: toMinorUnits({ amount, currency }),
      platformFeeMinor: toMinorUnits({ amount: fee, currency }),
    };
    const halfMinor = toMinorUnits({ amount: half, currency });
    const first = partsOfRefund(order, none, halfMinor, returned);
    const rest = partsOfRefund(order, first, order.amountMinor - halfMinor, returned);
    expect(add(first, rest)).toEqual(whole(order));
    expect(fromMinorUnits(first.sellerMinor + first.feeMinor, currency).amount).toBe(half);
  });

  it('C4 with the fee kept the seller bears all of it', () => {
    const parts = partsOfRefund({ amountMinor: 100n, platformFeeMinor: 10n }, none, 50n, {
      platformFeeOnRefund: 'kept',
    });
    expect(parts).toEqual({ sellerMinor: 50n, feeMinor: 0n });
  });

  it('C1 a partial capture splits by the same rule', () => {
    expect(partsOfCapture({ amountMinor: 1000n, platformFeeMinor: 100n }, 666n)).toEqual({
      sellerMinor: 599n,
      feeMinor: 67n,
    });
  });
});

describe('D3 shares of a dispute', () => {
  it('never exceed what each still has of the order, whatever the bank takes', () => {
    fc.assert(
      fc.property(
        captured,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.bigInt({ min: 1n, max: 2n * 10n ** 15n }),
        (order, refundedShare, disputed) => {
          const refunded = BigInt(Math.floor(Number(order.amountMinor) * refundedShare));
          const gone =
            refunded > 0n && refunded <= order.amountMinor ? partsOfRefund(order, none, refunded, returned) : none;
          const shares = sharesOfDispute(order, gone, disputed);
          const after = add(gone, shares);
          expect(shares.sellerMinor >= 0n && shares.feeMinor >= 0n).toBe(true);
          expect(after.sellerMinor <= whole(order).sellerMinor && after.feeMinor <= whole(order).feeMinor).toBe(true);
          expect(shares.sellerMinor + shares.feeMinor <= disputed).toBe(true);
        },
      ),
    );
  });
});

it('a refund that succeeded is settled, though it may still fail', () => {
  expect(refundStatuses.filter(isSettledRefund)).toEqual(['succeeded', 'failed', 'voided']);
});
