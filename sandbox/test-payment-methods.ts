/** Paid out of a bank account, days later. */
export type BankDebit = 'us_bank_account' | 'sepa_debit';
/** Paid in cash at an agent, days later. */
export type Voucher = 'multibanco' | 'boleto' | 'oxxo' | 'konbini';

/** How a test payment method behaves. Names and codes: docs.stripe.com/testing. */
export interface Behaviour {
  readonly type: 'card' | BankDebit | Voucher;
  readonly brand?: string;
  readonly last4: string;
  /** The number to type on the payment page. */
  readonly number?: string;
  readonly decline?: {
    readonly on: 'attach' | 'charge';
    readonly code: string;
    readonly declineCode?: string;
    readonly message: string;
  };
  readonly requiresAction?: 'then_succeeds' | 'then_declines';
  /** Asks for a challenge once, when the card is saved or first charged; a saved one is charged without. */
  readonly challengeOnce?: boolean;
  /** What the checks of its charges say, and Radar. */
  readonly checks?: { readonly cvc?: 'fail'; readonly line1?: 'fail'; readonly postalCode?: 'fail' };
  readonly radar?: { readonly level: 'elevated' | 'highest'; readonly score: number };
  /** Asks for a challenge only where the merchant wants one. */
  readonly challengeOnRequest?: boolean;
  /** Where it was issued; left out, the US. */
  readonly country?: string;
  /** Stays `processing` until the sandbox is told how it ends. */
  readonly delayed?: 'succeeds' | 'fails';
  readonly availableAtOnce?: boolean;
  /** Its refunds stay `pending` until the sandbox is told that they went through; or they go through and fail later. */
  readonly refund?: 'pending' | 'fails';
  /** Its buyer disputes the charge as soon as it is captured. */
  readonly dispute?: { readonly reason: string; readonly inquiry: boolean };
}

const card = (last4: string, more: Omit<Partial<Behaviour>, 'type' | 'last4'> = {}): Behaviour => ({
  type: 'card',
  brand: 'visa',
  last4,
  ...more,
});

/** Most declining cards are found out when they are attached; 0341 attaches and declines when it is charged. */
const declines = (
  number: string,
  declineCode: string | undefined,
  message: string,
  code = 'card_declined',
): Behaviour =>
  card(number.slice(-4), {
    number,
    decline: { on: 'attach', code, ...(declineCode !== undefined && { declineCode }), message },
  });

const declined = 'Your card was declined.';

const behaviours: Readonly<Record<string, Behaviour>> = {
  pm_card_visa: card('4242', { number: '4242424242424242' }),
  pm_card_visa_debit: card('5556', { number: '4000056655665556' }),
  pm_card_mastercard: card('4444', { brand: 'mastercard', number: '5555555555554444' }),
  pm_card_amex: card('0005', { brand: 'amex', number: '378282246310005' }),
  pm_card_bypassPending: card('0077', { availableAtOnce: true, number: '4000000000000077' }),
  pm_card_chargeDeclined: declines('4000000000000002', 'generic_decline', declined),
  pm_card_chargeDeclinedInsufficientFunds: declines(
    '4000000000009995',
    'insufficient_funds',
    'Your card has insufficient funds.',
  ),
  pm_card_chargeDeclinedLostCard: declines('4000000000009987', 'lost_card', declined),
  pm_card_chargeDeclinedStolenCard: declines('4000000000009979', 'stolen_card', declined),
  pm_card_chargeDeclinedVelocityLimitExceeded: declines('4000000000006975', 'card_velocity_exceeded', declined),
  pm_card_chargeDeclinedFraudulent: declines('4100000000000019', 'fraudulent', declined),
  pm_card_radarBlock: declines('4100000000000019', 'fraudulent', declined),
  pm_card_chargeDeclinedExpiredCard: declines('4000000000000069', undefined, 'Your card has expired.', 'expired_card'),
  pm_card_chargeDeclinedIncorrectCvc: declines(
    '4000000000000127',
    undefined,
    "Your card's security code is incorrect.",
    'incorrect_cvc',
  ),
  pm_card_chargeDeclinedProcessingError: declines(
    '4000000000000119',
    undefined,
    'An error occurred while processing your card. Try again in a little bit.',
    'processing_error',
  ),
  pm_card_chargeCustomerFail: card('0341', {
    number: '4000000000000341',
    decline: { on: 'charge', code: 'card_declined', declineCode: 'generic_decline', message: declined },
  }),
  pm_card_authenticationRequired: card('3184', { requiresAction: 'then_succeeds', number: '4000002760003184' }),
  pm_card_authenticationRequiredOnSetup: card('3155', {
    requiresAction: 'then_succeeds',
    challengeOnce: true,
    number: '4000002500003155',
  }),
  pm_card_threeDSecure2Required: card('3220', { requiresAction: 'then_succeeds', number: '4000000000003220' }),
  pm_card_threeDSecureRequiredChargeDeclined: card('1629', {
    requiresAction: 'then_declines',
    number: '4000008400001629',
  }),
  pm_card_threeDSecureOptional: card('3055', { challengeOnRequest: true, number: '4000000000003055' }),
  pm_card_riskLevelElevated: card('9235', { radar: { level: 'elevated', score: 65 }, number: '4000000000009235' }),
  pm_card_riskLevelHighest: card('4954', { radar: { level: 'highest', score: 92 }, number: '4000000000004954' }),
  pm_card_cvcCheckFail: card('0101', { checks: { cvc: 'fail' }, number: '4000000000000101' }),
  pm_card_avsFail: card('0010', { checks: { line1: 'fail', postalCode: 'fail' }, number: '4000000000000010' }),
  pm_card_avsLine1Fail: card('0028', { checks: { line1: 'fail' }, number: '4000000000000028' }),
  pm_card_avsZipFail: card('0036', { checks: { postalCode: 'fail' }, number: '4000000000000036' }),
  pm_card_de: card('0016', { country: 'DE', number: '4000002760000016' }),
  pm_card_gb: card('0000', { country: 'GB', number: '4000008260000000' }),
  pm_card_pendingRefund: card('7726', { refund: 'pending', number: '4000000000007726' }),
  pm_card_refundFail: card('5126', { refund: 'fails', number: '4000000000005126' }),
  pm_card_createDispute: card('0259', {
    dispute: { reason: 'fraudulent', inquiry: false },
    number: '4000000000000259',
  }),
  pm_card_createDisputeProductNotReceived: card('2685', {
    dispute: { reason: 'product_not_received', inquiry: false },
    number: '4000000000002685',
  }),
  pm_card_createDisputeInquiry: card('1976', {
    dispute: { reason: 'fraudulent', inquiry: true },
    number: '4000000000001976',
  }),
  pm_usBankAccount_success: { type: 'us_bank_account', last4: '6789', delayed: 'succeeds' },
  pm_usBankAccount_insufficientFunds: { type: 'us_bank_account', last4: '2227', delayed: 'fails' },
};

/** The behaviour behind one of Stripe's test names, with or without the `visa_` that public code sometimes carries. */
export function behaviourOf(name: string): Behaviour | undefined {
  return behaviours[name] ?? behaviours[name.replace(/^pm_card_visa_/, 'pm_card_')];
}

const byNumber = new Map(
  Object.values(behaviours).flatMap((behaviour) =>
    behaviour.number === undefined ? [] : [[behaviour.number, behaviour] as const],
  ),
);

/** The behaviour of one of Stripe's test card numbers. */
export const behaviourOfNumber = (number: string): Behaviour | undefined => byNumber.get(number);

/** What else than a card a payment page offers in a currency, as Stripe does where the dashboard allows it. */
export function delayedMethodsFor(currency: string): { bankDebit?: BankDebit; voucher?: Voucher } {
  const all: Readonly<Record<string, { bankDebit?: BankDebit; voucher?: Voucher }>> = {
    usd: { bankDebit: 'us_bank_account' },
    eur: { bankDebit: 'sepa_debit', voucher: 'multibanco' },
    brl: { voucher: 'boleto' },
    mxn: { voucher: 'oxxo' },
    jpy: { voucher: 'konbini' },
  };
  return all[currency] ?? {};
}
