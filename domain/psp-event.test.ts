import { describe, expect, it } from '@jest/globals';
import type { PayoutStatus } from './payout';
import { paymentOrderPhases, statusOfPhase, type PaymentOrderPhase } from './payment-order';
import { verdictOn, type PspClaim, type PspEventRows, type PspSubject } from './psp-event';
import type { RefundStatus } from './refund';

const metadata = {
  merchant_id: 'm',
  checkout_id: 'c',
  payment_order_id: 'o',
  operation: 'charge',
  attempt: '1',
  round: '1',
};
const subject = (claim: PspClaim, more: Partial<PspSubject> = {}): PspSubject => ({
  claim,
  payment: 'pi_1',
  object: 'pi_1',
  amountMinor: '1000',
  currency: 'EUR',
  metadata,
  ...more,
});
const order = (phase: PaymentOrderPhase, more: Partial<NonNullable<PspEventRows['order']>> = {}): PspEventRows => ({
  order: {
    sellerAccount: 'ada',
    paymentOrderId: 'o',
    status: statusOfPhase(phase),
    phase,
    attempt: 1,
    reference: 'pi_1',
    amountMinor: 1000n,
    currency: 'EUR',
    updatedAtMs: 1_000,
    undoBegun: false,
    ...more,
  },
  checkout: { checkoutId: 'c', status: 'open', round: 1 },
});
const verdict = (claim: PspClaim, rows: PspEventRows, more: Partial<PspSubject> = {}, at = 2_000) =>
  verdictOn('m', subject(claim, more), at, rows);

describe('W3 an event is compared with the row', () => {
  it.each<[PspClaim, PaymentOrderPhase, string]>([
    ['succeeded', 'processing', 'tell_order'],
    ['succeeded', 'requires_action', 'tell_order'],
    ['succeeded', 'unknown', 'tell_order'],
    ['succeeded', 'needs_attention', 'tell_order'],
    ['declined', 'requires_action', 'tell_order'],
    ['declined', 'processing', 'tell_order'],
    ['canceled', 'authorized', 'tell_order'],
    ['authorized', 'requires_action', 'tell_order'],
    ['succeeded', 'succeeded', 'no_change'],
    ['succeeded', 'captured', 'no_change'],
    ['succeeded', 'refunded', 'no_change'],
    ['processing', 'succeeded', 'no_change'],
    ['processing', 'processing', 'no_change'],
    ['authorized', 'authorized', 'no_change'],
    ['authorized', 'capturing', 'no_change'],
    ['requires_action', 'requires_action', 'no_change'],
    ['declined', 'declined', 'no_change'],
    ['declined', 'succeeded', 'no_change'],
  ])('%s while the order is %s: %s', (claim, phase, expected) => {
    expect(verdict(claim, order(phase)).verdict).toBe(expected);
  });

  it('an event before the answer to our own call waits for it', () => {
    for (const phase of ['charging', 'authorizing', 'capturing'] as const)
      expect(verdict('succeeded', order(phase)).verdict).toBe('later');
  });

  it('a buyer on the page: the checkout is told, the order has not begun', () => {
    const rows = {
      ...order('not_started', { reference: null }),
      checkout: { checkoutId: 'c', status: 'awaiting_buyer', round: 1 },
    };
    expect(verdict('succeeded', rows).verdict).toBe('tell_checkout');
    expect(verdict('declined', rows).verdict).toBe('no_change');
    expect(verdict('page_completed', rows).verdict).toBe('tell_checkout');
  });

  it('an event of an earlier page changes nothing', () => {
    const rows = { order: null, checkout: { checkoutId: 'c', status: 'awaiting_buyer', round: 2 } };
    expect(verdict('page_completed', rows).verdict).toBe('no_change');
  });

  it('an event for a payment that nobody here knows is parked, not thrown away', () => {
    expect(verdict('succeeded', { order: null, checkout: null })).toMatchObject({ verdict: 'later' });
    expect(verdict('page_completed', { order: null, checkout: null })).toMatchObject({ verdict: 'later' });
  });
});

describe('W4 amount and currency that are not ours are a break, whatever the state', () => {
  it.each(paymentOrderPhases)('while the order is %s', (phase) => {
    expect(verdict('succeeded', order(phase), { amountMinor: '999' })).toMatchObject({
      verdict: 'dead_letter',
      reason: expect.stringContaining('break') as unknown,
    });
    expect(verdict('succeeded', order(phase), { currency: 'USD' }).verdict).toBe('dead_letter');
  });
});

describe('W6 what is not ours is left alone', () => {
  it("another merchant's ids", () => {
    expect(verdict('succeeded', order('processing'), { metadata: { ...metadata, merchant_id: 'x' } }).verdict).toBe(
      'ignored',
    );
  });
});

describe('U4 money that no order waits for goes back', () => {
  it('success after the order was told to have failed', () => {
    for (const phase of ['declined', 'canceled', 'expired', 'abandoned', 'voided'] as const)
      expect(verdict('succeeded', order(phase, { reference: null }))).toEqual({
        verdict: 'stray',
        reference: 'pi_1',
        attempt: 1,
      });
  });

  it('success of an attempt that another has replaced', () => {
    expect(verdict('succeeded', order('succeeded', { attempt: 2, reference: 'pi_2' }))).toMatchObject({
      verdict: 'stray',
      attempt: 1,
    });
    expect(verdict('declined', order('succeeded', { attempt: 2, reference: 'pi_2' })).verdict).toBe('no_change');
  });

  it('a second payment for the same attempt', () => {
    expect(verdict('succeeded', order('succeeded', { reference: 'pi_2' })).verdict).toBe('stray');
  });

  it('not what we have undone ourselves, told late', () => {
    expect(verdict('succeeded', order('refunded')).verdict).toBe('no_change');
    expect(verdict('authorized', order('voided', { undoBegun: true }), {}, 500).verdict).toBe('no_change');
  });

  it('V8 what an order that has ended has left standing, whenever it came in', () => {
    for (const phase of ['declined', 'canceled', 'expired', 'abandoned'] as const)
      for (const at of [500, 2_000]) expect(verdict('succeeded', order(phase), {}, at).verdict).toBe('stray');
    expect(verdict('succeeded', order('canceled', { undoBegun: true }), {}, 2_000).verdict).toBe('stray');
  });
});

describe('what nothing here handles', () => {
  it('is shown to people when money may hang on it, and ignored when another event says the same', () => {
    expect(verdict('told_elsewhere', order('succeeded')).verdict).toBe('ignored');
  });
});

describe('V6 refunds, disputes and payouts', () => {
  const none = { order: null, checkout: null };
  const refund = (status: RefundStatus, event: string) =>
    verdict('refund_changed', { ...order('succeeded'), refund: { refundId: 'r', status } }, { status: event }).verdict;

  it('a refund that is not settled is told of any news; a settled one only that it failed after all (C3)', () => {
    expect(refund('pending', 'succeeded')).toBe('tell_refund');
    expect(refund('requested', 'pending')).toBe('tell_refund');
    expect(refund('succeeded', 'succeeded')).toBe('no_change');
    expect(refund('succeeded', 'failed')).toBe('tell_refund');
    expect(refund('failed', 'failed')).toBe('no_change');
  });

  it('a refund that somebody made at the PSP is taken up; one that carries our ids and has no row waits', () => {
    const rows = { ...order('succeeded'), refund: null };
    const made = (more: Partial<PspSubject>) =>
      verdict('refund_changed', rows, { status: 'succeeded', ...more }).verdict;
    expect(made({ metadata: {} })).toBe('adopt_refund');
    expect(made({ metadata: {}, status: 'failed' })).toBe('no_change');
    expect(made({ metadata: { ...metadata, refund_id: 'r' } })).toBe('later');
    expect(made({ metadata: { ...metadata, operation: 'refund' } })).toBe('no_change');
    expect(made({ metadata: {}, payment: 'pi_2' })).toBe('no_change');
  });

  it('D3 a dispute of a booked payment is followed, an early one waits, one of a payment that went back is for people', () => {
    expect(verdict('dispute_changed', order('succeeded')).verdict).toBe('tell_dispute');
    expect(verdict('dispute_changed', order('captured')).verdict).toBe('later');
    expect(verdict('dispute_changed', none).verdict).toBe('later');
    expect(verdict('dispute_changed', order('refunded')).verdict).toBe('dead_letter');
    expect(verdict('dispute_changed', order('succeeded'), { payment: 'pi_2' }).verdict).toBe('dead_letter');
  });

  it('P2 a payout is told of news until it is settled, and of its return after', () => {
    const payout = (status: PayoutStatus, event: string) =>
      verdict(
        'payout_changed',
        { ...none, payout: { payoutId: 'p', status, account: 'acct_1' } },
        { status: event, metadata: { payout_id: 'p' } },
      ).verdict;
    expect(payout('in_transit', 'paid')).toBe('tell_payout');
    expect(payout('paid', 'paid')).toBe('no_change');
    expect(payout('paid', 'failed')).toBe('tell_payout');
    expect(payout('returned', 'failed')).toBe('no_change');
    expect(verdict('payout_changed', none, { metadata: {} }).verdict).toBe('ignored');
    expect(verdict('payout_changed', { ...none, payout: null }, { metadata: { payout_id: 'p' } }).verdict).toBe(
      'later',
    );
  });
});
