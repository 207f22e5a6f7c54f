import { toMinorUnits, type Money } from './money';

/** Who bears what when money goes back. A merchant's own choice, frozen on each payment order when its money is captured. */
export interface MoneyPolicies {
  /** `returned`: the platform gives its fee back with a refund; `kept`: the seller bears all of it (C4). */
  readonly platformFeeOnRefund: 'returned' | 'kept';
  /** Who bears a lost dispute; with `seller` the platform still bears its own fee's part of it. */
  readonly disputeLoss: 'seller' | 'platform';
  /** Who bears the PSP's fee for a dispute. */
  readonly disputeFee: 'seller' | 'platform';
}

export const defaultPolicies: MoneyPolicies = {
  platformFeeOnRefund: 'returned',
  disputeLoss: 'seller',
  disputeFee: 'platform',
};

const allowed: { readonly [Name in keyof MoneyPolicies]: readonly MoneyPolicies[Name][] } = {
  platformFeeOnRefund: ['returned', 'kept'],
  disputeLoss: ['seller', 'platform'],
  disputeFee: ['seller', 'platform'],
};

/** Policies as stored, with the defaults where nothing was chosen. */
export function policiesFrom(stored: unknown): MoneyPolicies {
  const given = (typeof stored === 'object' && stored !== null ? stored : {}) as Readonly<Record<string, unknown>>;
  const choose = <Name extends keyof MoneyPolicies>(name: Name): MoneyPolicies[Name] =>
    allowed[name].find((value) => value === given[name]) ?? defaultPolicies[name];
  return {
    platformFeeOnRefund: choose('platformFeeOnRefund'),
    disputeLoss: choose('disputeLoss'),
    disputeFee: choose('disputeFee'),
  };
}

/** The rules of a merchant's payouts (P5, X4). */
export interface PayoutRules {
  /** Payouts above this need two persons, by currency, decimal; `*` for every other currency. */
  readonly approvalAbove: Readonly<Record<string, string>>;
  /** For so long after a seller's account was changed nothing is paid out to it. */
  readonly coolingHours: number;
  /**
   * Who names another payout account of a seller who was not onboarded: the seller, signed in and with a second factor, or the storefront, too.
   * The first one a storefront may always name.
   */
  readonly accountChanges: 'seller' | 'storefront';
}

export const defaultPayoutRules: PayoutRules = {
  approvalAbove: { '*': '10000' },
  coolingHours: 72,
  accountChanges: 'seller',
};

/** Payout rules as stored, with the defaults where nothing was chosen. */
export function payoutRulesFrom(stored: unknown): PayoutRules {
  const given = (typeof stored === 'object' && stored !== null ? stored : {}) as Partial<Record<string, unknown>>;
  const rules = (given['payouts'] ?? {}) as Partial<PayoutRules>;
  return {
    approvalAbove: rules.approvalAbove ?? defaultPayoutRules.approvalAbove,
    coolingHours: rules.coolingHours ?? defaultPayoutRules.coolingHours,
    accountChanges: rules.accountChanges ?? defaultPayoutRules.accountChanges,
  };
}

/** The rules of a merchant's reconciliation. */
export interface ReconciliationRules {
  /** A break that is worth more needs two persons to be resolved, by currency, decimal; `*` for every other currency. */
  readonly approvalAbove: Readonly<Record<string, string>>;
}

export const defaultReconciliationRules: ReconciliationRules = { approvalAbove: { '*': '1000' } };

/** Reconciliation rules as stored, with the defaults where nothing was chosen. */
export function reconciliationRulesFrom(stored: unknown): ReconciliationRules {
  const given = (typeof stored === 'object' && stored !== null ? stored : {}) as Partial<Record<string, unknown>>;
  const rules = (given['reconciliation'] ?? {}) as Partial<ReconciliationRules>;
  return { approvalAbove: rules.approvalAbove ?? defaultReconciliationRules.approvalAbove };
}

/** The rules of a merchant's quotes in other currencies. */
export interface FxRules {
  /** Hundredths of a percent on top of the middle rate: what the house takes for the risk. */
  readonly spreadBasisPoints: number;
  /** For so long a quote holds, in seconds. */
  readonly quoteSeconds: number;
  /** What positions are revalued in with each day's rates; null: they are not. */
  readonly reportingCurrency: string | null;
}

export const defaultFxRules: FxRules = { spreadBasisPoints: 200, quoteSeconds: 900, reportingCurrency: null };

/** The rules of quotes as stored, with the defaults where nothing was chosen. */
export function fxRulesFrom(stored: unknown): FxRules {
  const given = (typeof stored === 'object' && stored !== null ? stored : {}) as Partial<Record<string, unknown>>;
  const rules = (given['fx'] ?? {}) as Partial<FxRules>;
  return {
    spreadBasisPoints: rules.spreadBasisPoints ?? defaultFxRules.spreadBasisPoints,
    quoteSeconds: rules.quoteSeconds ?? defaultFxRules.quoteSeconds,
    reportingCurrency: rules.reportingCurrency ?? defaultFxRules.reportingCurrency,
  };
}

/** Whom a merchant has us write to for it. Its own people are told by whom it names (`PUT /v1/contacts/{id}`). */
export interface NotificationRules {
  readonly tellBuyers: boolean;
  readonly tellSellers: boolean;
  /** The language and number format where nothing is known of the reader's own (BCP 47). */
  readonly locale: string;
}

/** Nobody is written to in a merchant's name before it has said so. */
export const defaultNotificationRules: NotificationRules = { tellBuyers: false, tellSellers: false, locale: 'en' };

/** Notification rules as stored, with the defaults where nothing was chosen. */
export function notificationRulesFrom(stored: unknown): NotificationRules {
  const given = (typeof stored === 'object' && stored !== null ? stored : {}) as Partial<Record<string, unknown>>;
  const rules = (given['notifications'] ?? {}) as Partial<NotificationRules>;
  return {
    tellBuyers: rules.tellBuyers ?? defaultNotificationRules.tellBuyers,
    tellSellers: rules.tellSellers ?? defaultNotificationRules.tellSellers,
    locale: rules.locale ?? defaultNotificationRules.locale,
  };
}

/** How many persons must agree: two above the limit, else none. A limit that can't be read counts as zero. */
export function approvalsNeeded(rules: Pick<PayoutRules, 'approvalAbove'>, amount: Money): number {
  const limit = rules.approvalAbove[amount.currency] ?? rules.approvalAbove['*'] ?? '0';
  try {
    return toMinorUnits(amount) > toMinorUnits({ amount: limit, currency: amount.currency }) ? 2 : 0;
  } catch {
    return 2;
  }
}
