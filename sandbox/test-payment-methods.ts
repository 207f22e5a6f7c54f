/** How a test payment method behaves. Names and codes: docs.stripe.com/testing. */
export interface Behaviour {
  readonly type: 'card' | 'us_bank_account';
  readonly brand?: string;
  readonly last4: string;
  readonly decline?: {
    readonly on: 'attach' | 'charge';
    readonly code: string;
    readonly declineCode?: string;
    readonly message: string;
  };
  readonly requiresAction?: 'then_succeeds' | 'then_declines';
  /** Stays `processing` until the sandbox is told how it ends. */
  readonly delayed?: 'succeeds' | 'fails';
  readonly availableAtOnce?: boolean;
  /** Its refunds stay `pending` until the sandbox is told that they went through. */
  readonly refund?: 'pending';
}

const card = (last4: string, more: Omit<Partial<Behaviour>, 'type' | 'last4'> = {}): Behaviour => ({
  type: 'card',
  brand: 'visa',
  last4,
  ...more,
});

/** Most declining cards are found out when they are attached; 0341 attaches and declines when it is charged. */
const declines = (last4: string, declineCode: string | undefined, message: string, code = 'card_declined'): Behaviour =>
  card(last4, { decline: { on: 'attach', code, ...(declineCode !== undefined && { declineCode }), message } });

const declined = 'Your card was declined.';

const behaviours: Readonly<Record<string, Behaviour>> = {
  pm_card_visa: card('4242'),
  pm_card_visa_debit: card('5556'),
  pm_card_mastercard: card('4444', { brand: 'mastercard' }),
  pm_card_amex: card('8431', { brand: 'amex' }),
  pm_card_bypassPending: card('0077', { availableAtOnce: true }),
  pm_card_chargeDeclined: declines('0002', 'generic_decline', declined),
  pm_card_chargeDeclinedInsufficientFunds: declines('9995', 'insufficient_funds', 'Your card has insufficient funds.'),
  pm_card_chargeDeclinedLostCard: declines('9987', 'lost_card', declined),
  pm_card_chargeDeclinedStolenCard: declines('9979', 'stolen_card', declined),
  pm_card_chargeDeclinedVelocityLimitExceeded: declines('6975', 'card_velocity_exceeded', declined),
  pm_card_chargeDeclinedFraudulent: declines('0019', 'fraudulent', declined),
  pm_card_radarBlock: declines('0019', 'fraudulent', declined),
  pm_card_chargeDeclinedExpiredCard: declines('0069', undefined, 'Your card has expired.', 'expired_card'),
  pm_card_chargeDeclinedIncorrectCvc: declines(
    '0127',
    undefined,
    "Your card's security code is incorrect.",
    'incorrect_cvc',
  ),
  pm_card_chargeDeclinedProcessingError: declines(
    '0119',
    undefined,
    'An error occurred while processing your card. Try again in a little bit.',
    'processing_error',
  ),
  pm_card_chargeCustomerFail: card('0341', {
    decline: { on: 'charge', code: 'card_declined', declineCode: 'generic_decline', message: declined },
  }),
  pm_card_authenticationRequired: card('3184', { requiresAction: 'then_succeeds' }),
  pm_card_threeDSecure2Required: card('3220', { requiresAction: 'then_succeeds' }),
  pm_card_threeDSecureRequiredChargeDeclined: card('1629', { requiresAction: 'then_declines' }),
  pm_card_pendingRefund: card('7726', { refund: 'pending' }),
  pm_usBankAccount_success: { type: 'us_bank_account', last4: '6789', delayed: 'succeeds' },
  pm_usBankAccount_insufficientFunds: { type: 'us_bank_account', last4: '2227', delayed: 'fails' },
};

/** The behaviour behind one of Stripe's test names, with or without the `visa_` that public code sometimes carries. */
export function behaviourOf(name: string): Behaviour | undefined {
  return behaviours[name] ?? behaviours[name.replace(/^pm_card_visa_/, 'pm_card_')];
}
