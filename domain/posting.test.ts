import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accountType } from './ledger';
import { defaultPolicies, type MoneyPolicies } from './policies';
import {
  disputeFeePosting,
  disputeLinePosting,
  disputeLossReversedPosting,
  disputeLostPosting,
  payoutLegs,
  payoutPosting,
  refundLegs,
  refundPosting,
  type Posting,
} from './posting';

const minor = fc.bigInt({ min: 0n, max: 10n ** 15n });
const policies: fc.Arbitrary<MoneyPolicies> = fc.record({
  platformFeeOnRefund: fc.constantFrom('returned' as const, 'kept' as const),
  disputeLoss: fc.constantFrom('seller' as const, 'platform' as const),
  disputeFee: fc.constantFrom('seller' as const, 'platform' as const),
});

/** The net of postings, the seller's side as one account. */
function net(postings: readonly Posting[]): Record<string, bigint> {
  const accounts: Record<string, bigint> = {};
  for (const { lines, seller } of postings) {
    for (const { account, amountMinor } of lines) accounts[account] = (accounts[account] ?? 0n) + amountMinor;
    if (seller !== null)
      accounts['seller'] =
        (accounts['seller'] ?? 0n) + (seller.mode === 'give' ? -seller.amountMinor : seller.amountMinor);
  }
  return Object.fromEntries(Object.entries(accounts).filter(([, amount]) => amount !== 0n));
}

describe('L2 postings', () => {
  it('sum to zero with the seller’s side, have no empty line, and only known accounts', () => {
    fc.assert(
      fc.property(minor, minor, minor, policies, (sellerMinor, feeMinor, more, chosen) => {
        const sellerAccount = 'ada';
        const amountMinor = sellerMinor + feeMinor + more + 1n;
        const lost = { sellerAccount, amountMinor, sellerMinor, feeMinor };
        const all = [
          ...refundLegs.map((leg) => refundPosting(leg, { sellerAccount, sellerMinor: sellerMinor + 1n, feeMinor })),
          ...payoutLegs.map((leg) => payoutPosting(leg, { sellerAccount, amountMinor })),
          disputeLinePosting('withdrawn', lost),
          disputeLinePosting('reinstated', lost),
          disputeLostPosting(lost, chosen),
          disputeLossReversedPosting(lost, chosen),
          disputeFeePosting({ sellerAccount, feeMinor: amountMinor }, chosen.disputeFee),
          disputeFeePosting({ sellerAccount, feeMinor: -amountMinor }, chosen.disputeFee),
        ];
        for (const posting of all) {
          expect(Object.values(net([posting])).reduce((sum, amount) => sum + amount, 0n)).toBe(0n);
          expect(posting.lines.every((line) => line.amountMinor !== 0n)).toBe(true);
          for (const { account } of posting.lines) expect(() => accountType(account)).not.toThrow();
        }
      }),
    );
  });

  it('C3 a refund that failed leaves everything as it was, also after it had succeeded', () => {
    const refund = { sellerAccount: 'ada', sellerMinor: 90n, feeMinor: 10n };
    const of = (...legs: (typeof refundLegs)[number][]) => net(legs.map((leg) => refundPosting(leg, refund)));
    expect(of('requested', 'failed')).toEqual({});
    expect(of('requested', 'succeeded', 'returned', 'failed')).toEqual({});
    expect(of('requested', 'succeeded')).toEqual({ seller: 90n, platform_fees: 10n, psp_clearing: -100n });
  });

  it('P2 a payout that failed or was returned leaves everything as it was', () => {
    const payout = { sellerAccount: 'ada', amountMinor: 90n };
    const of = (...legs: (typeof payoutLegs)[number][]) => net(legs.map((leg) => payoutPosting(leg, payout)));
    expect(of('requested', 'failed')).toEqual({});
    expect(of('requested', 'transferred', 'transfer_reversed', 'failed')).toEqual({});
    expect(of(...payoutLegs)).toEqual({});
    expect(of('requested', 'transferred', 'paid')).toEqual({ seller: 90n, psp_clearing: -90n });
  });

  it('D2 won: everything as it was; lost: the seller its share, the platform its fee and the rest', () => {
    const money = { sellerAccount: 'ada', amountMinor: 100n, sellerMinor: 54n, feeMinor: 6n };
    const withdrawn = disputeLinePosting('withdrawn', money);
    expect(net([withdrawn, disputeLinePosting('reinstated', money)])).toEqual({});
    const lost = (chosen: MoneyPolicies) => net([withdrawn, disputeLostPosting(money, chosen)]);
    expect(lost(defaultPolicies)).toEqual({ psp_clearing: -100n, seller: 54n, platform_fees: 6n, dispute_losses: 40n });
    expect(lost({ ...defaultPolicies, platformFeeOnRefund: 'kept' })).toEqual({
      psp_clearing: -100n,
      seller: 54n,
      dispute_losses: 46n,
    });
    expect(lost({ ...defaultPolicies, disputeLoss: 'platform' })).toEqual({
      psp_clearing: -100n,
      dispute_losses: 100n,
    });
  });

  it('D2 a loss that is taken back leaves what the withdrawal had made of it', () => {
    fc.assert(
      fc.property(minor, minor, minor, policies, (sellerMinor, feeMinor, more, chosen) => {
        const money = { sellerAccount: 'ada', amountMinor: sellerMinor + feeMinor + more + 1n, sellerMinor, feeMinor };
        expect(net([disputeLostPosting(money, chosen), disputeLossReversedPosting(money, chosen)])).toEqual({});
      }),
    );
  });

  it('D1 a fee is apart from the disputed amount, and whoever bears it gets its return', () => {
    const fee = { sellerAccount: 'ada', feeMinor: 15n };
    expect(net([disputeFeePosting(fee, 'platform')])).toEqual({ dispute_losses: 15n, psp_clearing: -15n });
    expect(net([disputeFeePosting(fee, 'seller')])).toEqual({ seller: 15n, psp_clearing: -15n });
    for (const bearer of ['platform', 'seller'] as const)
      expect(net([disputeFeePosting(fee, bearer), disputeFeePosting({ ...fee, feeMinor: -15n }, bearer)])).toEqual({});
  });
});
