import { describe, expect, it } from '@jest/globals';
import {
  aggregateOutcome,
  checkoutStatuses,
  defaultFailurePolicy,
  isFinalCheckout,
  type OrderOutcome,
} from './checkout';
import { isTerminal, paymentOrderPhases, paymentOrderStatuses, statusOfPhase } from './payment-order';

const paid: OrderOutcome = { status: 'SUCCESS', walletUpdated: true, ledgerUpdated: true, failureReason: null };
const failed = (failureReason: string): OrderOutcome => ({
  status: 'FAILED',
  walletUpdated: false,
  ledgerUpdated: false,
  failureReason,
});

describe('V4 what a checkout came to', () => {
  it('is done exactly when every order is SUCCESS with wallet and ledger updated', () => {
    expect(aggregateOutcome([paid, paid])).toEqual({ status: 'paid', isPaymentDone: true });
    expect(aggregateOutcome([paid, { ...paid, ledgerUpdated: false }]).isPaymentDone).toBe(false);
    expect(aggregateOutcome([paid, { ...paid, walletUpdated: false }]).isPaymentDone).toBe(false);
    expect(aggregateOutcome([paid, failed('declined')])).toEqual({ status: 'partially_paid', isPaymentDone: false });
  });

  it('tells canceled, expired and failed apart', () => {
    expect(aggregateOutcome([failed('canceled'), failed('another_order_failed')]).status).toBe('canceled');
    expect(aggregateOutcome([failed('expired'), failed('expired')]).status).toBe('expired');
    expect(aggregateOutcome([failed('declined'), failed('another_order_failed')]).status).toBe('failed');
  });

  it('refuses to close over an open order', () => {
    expect(() => aggregateOutcome([{ ...paid, status: 'EXECUTING' }])).toThrow('still open');
    expect(() => aggregateOutcome([])).toThrow('at least one');
  });
});

describe('statuses', () => {
  it('every phase has one status, and every status is open or final', () => {
    for (const phase of paymentOrderPhases) expect(paymentOrderStatuses).toContain(statusOfPhase(phase));
    expect(paymentOrderStatuses.filter(isTerminal)).toEqual(['SUCCESS', 'FAILED']);
    expect(checkoutStatuses.filter((status) => !isFinalCheckout(status))).toEqual(['open', 'awaiting_buyer']);
  });

  it('several orders stand or fall together by default, one stands alone', () => {
    expect(defaultFailurePolicy(1)).toBe('independent');
    expect(defaultFailurePolicy(2)).toBe('all_or_nothing');
  });
});
