import { describe, expect, it } from '@jest/globals';
import {
  bookingKinds,
  keyOfMetadata,
  keyOfMovement,
  needsTwoPersons,
  nextCaseReminder,
  settlementPosting,
  type BookingKind,
} from './reconciliation';

const movement = (sourceType: string, leg: string, kind = leg) => ({ sourceType, sourceId: 'x', leg, kind });

describe('R1 whose a movement is', () => {
  it.each([
    [movement('payment_order', 'capture'), 'charge/x', 'charge'],
    [movement('payment_order', 'refund_succeeded'), 'given-back/x', 'refund'],
    [movement('psp_payment', 'stray_received'), 'stray/x', 'charge'],
    [movement('psp_payment', 'stray_refund_succeeded'), 'stray-refund/x', 'refund'],
    [movement('refund', 'succeeded'), 'refund/x', 'refund'],
    [movement('refund', 'returned'), 'refund/x', 'refund'],
    [movement('payout', 'transferred'), 'transfer/x', 'transfer'],
    [movement('payout', 'transfer_reversed'), 'transfer/x', 'transfer'],
    [movement('dispute', 'withdrawn:1', 'dispute_withdrawn'), 'dispute/x', 'dispute'],
    [movement('adjustment', 'posted'), 'adjustment/x', 'other'],
  ])('of ours: %j', (ours, key, family) => {
    expect(keyOfMovement(ours)).toEqual({ key, family, isFee: false });
  });

  it("R2 a dispute's fee is a fee, and so is its return", () => {
    for (const kind of ['dispute_fee', 'dispute_fee_returned'])
      expect(keyOfMovement(movement('dispute', 'fee:1', kind))).toMatchObject({ key: 'dispute/x', isFee: true });
  });

  it.each([
    ['charge', { payment_order_id: 'o' }, 'charge/o'],
    ['refund', { payment_order_id: 'o', refund_id: 'r' }, 'refund/r'],
    ['refund', { payment_order_id: 'o' }, 'given-back/o'],
    ['transfer', { payout_id: 'p' }, 'transfer/p'],
    ['charge', {}, null],
    ['payout', { payout_id: 'p' }, null],
    ['other', { payment_order_id: 'o' }, null],
  ] as const)("of the PSP's: %s with %j", (family, metadata, key) => {
    expect(keyOfMetadata(family, metadata)).toBe(key);
  });
});

describe('what lines mean in the book', () => {
  it('R2 gross, fee and net apart; a dispute has its fee booked with it; the PSP’s own fee and its reserve stand for themselves', () => {
    const of = (kind: BookingKind, amount: bigint, fee: bigint): Record<string, bigint> =>
      Object.fromEntries(settlementPosting(kind, amount, fee).map((line) => [line.account, line.amountMinor]));
    expect(of('settled', 10_000n, 290n)).toEqual({ psp_balance: 9_710n, psp_fees: 290n, psp_clearing: -10_000n });
    expect(of('settled', -4_000n, 0n)).toEqual({ psp_balance: -4_000n, psp_clearing: 4_000n });
    expect(of('disputed', -10_000n, 1_500n)).toEqual({ psp_balance: -11_500n, psp_clearing: 11_500n });
    expect(of('psp_fee', -300n, 0n)).toEqual({ psp_balance: -300n, psp_fees: 300n });
    expect(of('reserved', -1_000n, 0n)).toEqual({ psp_balance: -1_000n, psp_reserve: 1_000n });
    for (const kind of bookingKinds)
      expect(settlementPosting(kind, 777n, 12n).reduce((sum, line) => sum + line.amountMinor, 0n)).toBe(0n);
  });

  it('two persons are needed above the limit, in either direction, and for a currency that nobody can pay in here', () => {
    const rules = { approvalAbove: { EUR: '10.00', '*': '1000' } };
    const worth = (currency: string, amountMinor: bigint) =>
      needsTwoPersons(rules, [{ currency, amountMinor, feeMinor: 0n }]);
    expect([worth('EUR', 1_000n), worth('EUR', 1_001n), worth('EUR', -1_001n)]).toEqual([false, true, true]);
    expect([worth('JPY', 1_000n), worth('JPY', 1_001n), worth('ZZZ', 1n)]).toEqual([false, true, true]);
  });

  it('people are reminded a day before the deadline, at it, and each day after it', () => {
    const due = Date.parse('2026-11-20T12:00:00Z');
    const at = (given: number) => new Date(nextCaseReminder(due, given).atMs).toISOString().slice(0, 10);
    expect([at(0), at(1), at(2), at(3)]).toEqual(['2026-11-19', '2026-11-20', '2026-11-21', '2026-11-22']);
    expect([0, 1, 2].map((given) => nextCaseReminder(due, given).overdue)).toEqual([false, true, true]);
  });
});
