import { describe, expect, it } from '@jest/globals';
import { isSettledPayout, payoutBlock, payoutStatuses, type PayoutSituation } from './payout';
import { approvalsNeeded, defaultPayoutRules, payoutRulesFrom, policiesFrom } from './policies';

const hour = 3_600_000;
const fine: PayoutSituation = {
  payoutAccount: 'acct_1',
  kycStatus: 'verified',
  isSuspended: false,
  accountChangedAtMs: null,
  availableMinor: 100n,
  owesAnything: false,
};
const block = (more: Partial<PayoutSituation>, amountMinor = 100n) =>
  payoutBlock({ ...fine, ...more }, amountMinor, 100 * hour, 72 * hour);

describe('P5 what speaks against a payout', () => {
  it('nothing, when all is well', () => {
    expect(block({})).toBeNull();
    expect(block({ accountChangedAtMs: 28 * hour })).toBeNull();
  });

  it.each<[Partial<PayoutSituation>, string]>([
    [{ payoutAccount: null }, 'no_payout_account'],
    [{ kycStatus: 'pending' }, 'kyc_not_verified'],
    [{ isSuspended: true, payoutAccount: null }, 'seller_suspended'],
    [{ accountChangedAtMs: 29 * hour }, 'payout_account_changed'],
    [{ owesAnything: true }, 'seller_owes'],
    [{ availableMinor: 99n }, 'insufficient_funds'],
  ])('%j: %s', (more, expected) => {
    expect(block(more)).toBe(expected);
  });
});

describe('P5 how many must approve', () => {
  const rules = payoutRulesFrom({ payouts: { approvalAbove: { EUR: '100.00', '*': '0' } } });

  it.each([
    ['100.00', 'EUR', 0],
    ['100.01', 'EUR', 2],
    ['1', 'JPY', 2],
  ])('%s %s: %i', (amount, currency, expected) => {
    expect(approvalsNeeded(rules, { amount, currency })).toBe(expected);
  });

  it('a limit that cannot be read is no limit to pass', () => {
    expect(approvalsNeeded({ ...rules, approvalAbove: { EUR: 'a lot' } }, { amount: '0.01', currency: 'EUR' })).toBe(2);
  });

  it('without rules of its own a merchant has the usual ones', () => {
    expect(payoutRulesFrom(null)).toEqual(defaultPayoutRules);
    expect(policiesFrom({ disputeLoss: 'nobody' }).disputeLoss).toBe('seller');
  });
});

it('a paid payout is settled, though it may still come back', () => {
  expect(payoutStatuses.filter(isSettledPayout)).toEqual(['paid', 'failed', 'returned', 'refused']);
});
