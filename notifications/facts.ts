import type { RequirementTopic } from '../domain/seller';
/** Major units as a decimal, exact, with its currency. */
export interface Sum {
  readonly amount: string;
  readonly currency: string;
}

/** What a message tells, by its kind: amounts, times and ids, in no language yet. */
export interface FactsOf {
  readonly receipt: {
    readonly checkoutId: string;
    readonly paidAt: Date;
    readonly lines: readonly (Sum & { readonly seller: string })[];
    /** One per currency. */
    readonly totals: readonly Sum[];
    /** How many orders of it came to nothing. */
    readonly failed: number;
  };
  readonly refund: Sum & { readonly paymentOrderId: string; readonly checkoutId: string };
  readonly card_needed: Sum & { readonly planName: string; readonly actionUrl: string };
  readonly payout_paid: Sum & { readonly payoutId: string; readonly account: string; readonly paidAt: Date };
  readonly payout_failed: Sum & { readonly payoutId: string; readonly account: string; readonly why: string };
  readonly statement: { readonly month: string; readonly currencies: readonly string[] };
  readonly seller_requirements: {
    readonly topics: readonly RequirementTopic[];
    readonly dueBy: Date | null;
    /** Whether payouts have been stopped already. */
    readonly isStopped: boolean;
    readonly url: string | null;
  };
  readonly seller_suspended: { readonly since: Date };
  readonly payout_account_changed: { readonly changedAt: Date; readonly coolingHours: number };
  readonly needs_attention: {
    readonly what: 'payment' | 'refund' | 'payout';
    readonly id: string;
    readonly sum: Sum;
    readonly why: string;
    readonly url: string | null;
  };
  readonly dispute_opened: DisputeFacts;
  readonly dispute_deadline: DisputeFacts;
  readonly break_opened: {
    readonly breakId: string;
    readonly class: string;
    readonly day: string;
    readonly ours: Sum | null;
    readonly psp: Sum | null;
    readonly url: string | null;
  };
}

interface DisputeFacts extends Sum {
  readonly disputeId: string;
  readonly paymentOrderId: string;
  readonly why: string;
  readonly dueBy: Date | null;
  readonly url: string | null;
}

const euros = { amount: '49.90', currency: 'EUR' };
const disputed = {
  ...euros,
  disputeId: 'dp_1Example',
  paymentOrderId: 'order-1042-1',
  why: 'fraudulent',
  dueBy: new Date('2027-03-15T22:59:59Z'),
  url: 'https://temporal.example/namespaces/default/workflows',
};

/** What previews show, and no one has bought. */
export const sampleFacts: FactsOf = {
  receipt: {
    checkoutId: 'checkout-1042',
    paidAt: new Date('2027-03-01T09:30:00Z'),
    lines: [
      { seller: 'ada', amount: '49.90', currency: 'EUR' },
      { seller: 'bob', amount: '1250.00', currency: 'EUR' },
    ],
    totals: [{ amount: '1299.90', currency: 'EUR' }],
    failed: 0,
  },
  refund: { ...euros, paymentOrderId: 'order-1042-1', checkoutId: 'checkout-1042' },
  card_needed: { ...euros, planName: 'Monthly box', actionUrl: 'https://pay.example/action' },
  payout_paid: { ...euros, payoutId: 'payout-77', account: 'acct_1Ada', paidAt: new Date('2027-03-02T06:00:00Z') },
  payout_failed: { ...euros, payoutId: 'payout-77', account: 'acct_1Ada', why: 'account_closed' },
  statement: { month: '2027-02', currencies: ['EUR', 'USD'] },
  seller_requirements: {
    topics: ['identity_document', 'bank_account'],
    dueBy: new Date('2027-03-15T22:59:59Z'),
    isStopped: false,
    url: 'https://shop.example/sellers/onboarding',
  },
  seller_suspended: { since: new Date('2027-03-01T09:30:00Z') },
  payout_account_changed: { changedAt: new Date('2027-03-01T09:30:00Z'), coolingHours: 72 },
  needs_attention: {
    what: 'payment',
    id: 'order-1042-1',
    sum: euros,
    why: 'outcome_unknown',
    url: 'https://temporal.example/namespaces/default/workflows',
  },
  dispute_opened: disputed,
  dispute_deadline: disputed,
  break_opened: {
    breakId: 'brk_example',
    class: 'amount_differs',
    day: '2027-03-01',
    ours: euros,
    psp: { amount: '49.00', currency: 'EUR' },
    url: 'https://temporal.example/namespaces/default/workflows',
  },
};
