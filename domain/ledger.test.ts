import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accountType, assertBalanced, normalSide, postingKinds, postingLines } from './ledger';
import { walletChange } from './wallet';

const orders = fc
  .record({ amountMinor: fc.bigInt({ min: 1n, max: 10n ** 15n }), share: fc.bigInt({ min: 0n, max: 100n }) })
  .map(({ amountMinor, share }) => ({
    sellerAccount: 'ada',
    amountMinor,
    platformFeeMinor: (amountMinor * share) / 100n,
  }));

describe('postings', () => {
  it('L2 every posting of every order sums to zero and has no empty line', () => {
    fc.assert(
      fc.property(orders, fc.constantFrom(...postingKinds), (order, kind) => {
        const lines = postingLines(kind, order);
        expect(lines.reduce((sum, line) => sum + line.amountMinor, 0n)).toBe(0n);
        expect(lines.every((line) => line.amountMinor !== 0n)).toBe(true);
      }),
    );
  });

  it('a stray payment given back leaves every account as it was', () => {
    fc.assert(
      fc.property(orders, (order) => {
        const net = new Map<string, bigint>();
        for (const kind of postingKinds.filter((known) => known.startsWith('stray')))
          for (const line of postingLines(kind, order))
            net.set(line.account, (net.get(line.account) ?? 0n) + line.amountMinor);
        expect([...net.values()].every((amount) => amount === 0n)).toBe(true);
      }),
    );
  });

  it("L6 the wallet changes by the seller's part of the posting", () => {
    const order = { sellerAccount: 'ada', amountMinor: 10_000n, platformFeeMinor: 1_000n };
    const none = { pendingMinor: 0n, availableMinor: 0n, reservedMinor: 0n, owedMinor: 0n };
    expect(walletChange('capture', order)).toEqual({ ...none, pendingMinor: 9_000n });
    expect(walletChange('refund_succeeded', order)).toEqual(none);
  });

  it('the capture of 100 with a fee of 10 is as the posting table says', () => {
    expect(postingLines('capture', { sellerAccount: 'ada', amountMinor: 100n, platformFeeMinor: 10n })).toEqual([
      { account: 'psp_clearing', amountMinor: 100n },
      { account: 'seller:ada:pending', amountMinor: -90n },
      { account: 'platform_fees', amountMinor: -10n },
    ]);
  });

  it('L3 assets and expenses are debit-normal, liabilities and income credit-normal', () => {
    expect(normalSide(accountType('psp_clearing'))).toBe('debit');
    expect(normalSide(accountType('seller:ada:pending'))).toBe('credit');
    expect(normalSide(accountType('platform_fees'))).toBe('credit');
    expect(normalSide('expense')).toBe('debit');
    expect(() => accountType('piggy_bank')).toThrow(RangeError);
  });

  it('L2 an unbalanced posting is refused in code too', () => {
    expect(() =>
      assertBalanced([
        { account: 'psp_clearing', amountMinor: 1n },
        { account: 'platform_fees', amountMinor: -2n },
      ]),
    ).toThrow('sums to -1');
    expect(() => assertBalanced([])).toThrow('at least two');
  });
});
