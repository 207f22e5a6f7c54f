import { describe, expect, it } from '@jest/globals';
import { keyOfMetadata, keyOfMovement } from './reconciliation';

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
