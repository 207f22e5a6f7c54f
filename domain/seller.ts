/** How a seller stands. Stable: the API shows it, and events are named by it. */
export const sellerStandings = [
  'registered',
  'onboarding',
  'in_review',
  'verified',
  'action_required',
  'restricted',
  'rejected',
  'suspended',
] as const;
export type SellerStanding = (typeof sellerStandings)[number];

/** What a seller's standing lets happen. What is to be given back to a buyer is given back whatever it is. */
export interface SellerGate {
  /** Whether new checkouts for the seller are taken. */
  readonly charges: boolean;
  /** Whether money leaves for the seller's bank. */
  readonly payouts: boolean;
  /** What the standing means, in words. */
  readonly means: string;
}

/** The one table of what each standing lets happen; `docs/sellers.md` shows it. */
export const sellerGates: Readonly<Record<SellerStanding, SellerGate>> = {
  registered: { charges: true, payouts: false, means: 'known by its id only' },
  onboarding: { charges: true, payouts: false, means: 'has not finished the PSP’s onboarding' },
  in_review: { charges: true, payouts: false, means: 'has said all, and is being checked' },
  verified: { charges: true, payouts: true, means: 'is who it says' },
  action_required: { charges: true, payouts: true, means: 'the PSP wants to know more, by a deadline' },
  restricted: { charges: true, payouts: false, means: 'the PSP has stopped payouts until it knows more' },
  rejected: { charges: false, payouts: false, means: 'the PSP, or an operator, will not have it' },
  suspended: { charges: false, payouts: false, means: 'stopped by an operator' },
};

/** Those of whom no checkout is taken. */
export const standingsWithoutCharges = sellerStandings.filter((standing) => !sellerGates[standing].charges);

/** The code of a try that is refused because of its seller. */
export const sellerNotAccepting = 'seller_not_accepting';

/** A seller's account at the PSP, as far as it says who a seller is. */
export interface SellerAccount {
  readonly reference: string;
  readonly detailsSubmitted: boolean;
  readonly payoutsEnabled: boolean;
  /** In the PSP's words. */
  readonly disabledReason: string | null;
  readonly currentlyDue: readonly string[];
  readonly pastDue: readonly string[];
  readonly pendingVerification: readonly string[];
  /** When what is due now stops payouts. ISO 8601. */
  readonly dueBy: string | null;
  /** The PSP's id of the bank account that is paid out to. */
  readonly bankAccount: string | null;
}

export type AccountStanding = Exclude<SellerStanding, 'registered' | 'suspended'>;

/** How an account stands (docs.stripe.com/connect/handling-api-verification). One that the PSP no longer knows is restricted. */
export function accountStanding(account: SellerAccount | undefined): AccountStanding {
  if (account === undefined) return 'restricted';
  if (account.disabledReason?.startsWith('rejected.') === true) return 'rejected';
  const wanted = account.currentlyDue.length + account.pastDue.length;
  if (account.payoutsEnabled) return wanted > 0 ? 'action_required' : 'verified';
  if (!account.detailsSubmitted) return 'onboarding';
  return wanted > 0 ? 'restricted' : 'in_review';
}

/** What is shown as `kyc_status` of an account that stands so. */
export function kycStatusOf(standing: AccountStanding): 'unverified' | 'pending' | 'verified' | 'rejected' {
  switch (standing) {
    case 'verified':
    case 'action_required':
      return 'verified';
    case 'in_review':
    case 'restricted':
      return 'pending';
    case 'onboarding':
      return 'unverified';
    case 'rejected':
      return 'rejected';
  }
}

const dayMs = 24 * 3_600_000;
/** So long before the deadline a seller is reminded of what is still wanted; the first word comes with the news itself. */
const remindersBeforeMs = [7 * dayMs, dayMs] as const;

/** How many reminders' times have passed. */
export const remindersPassed = (dueByMs: number, nowMs: number): number =>
  remindersBeforeMs.filter((before) => dueByMs - before <= nowMs).length;

/**
 * The next reminder of what the PSP wants by a deadline, and how many have been given then. Those whose time has passed together count as
 * one: nobody gets two at once.
 *
 * @param given how many there were
 */
export function nextSellerReminder(
  dueByMs: number,
  nowMs: number,
  given: number,
): { readonly inMs: number; readonly given: number } | undefined {
  const passed = remindersPassed(dueByMs, nowMs);
  if (nowMs >= dueByMs) return undefined;
  if (passed > given) return { inMs: 0, given: passed };
  const before = remindersBeforeMs[given];
  return before === undefined ? undefined : { inMs: dueByMs - before - nowMs, given: given + 1 };
}

/** What the PSP may want, as people say it. */
export const requirementTopics = [
  'bank_account',
  'identity_document',
  'id_number',
  'date_of_birth',
  'address',
  'name',
  'terms',
  'business',
  'contact',
  'other',
] as const;
export type RequirementTopic = (typeof requirementTopics)[number];

const topicPatterns: readonly (readonly [RegExp, RequirementTopic])[] = [
  [/^external_account/, 'bank_account'],
  [/verification\.(?:additional_)?document|proof_of_liveness/, 'identity_document'],
  [/(?:id_number|ssn_last_4|tax_id|vat_id)/, 'id_number'],
  [/\.dob\./, 'date_of_birth'],
  [/(?:^|\.)(?:registered_)?address/, 'address'],
  [/^tos_acceptance/, 'terms'],
  [/^business_|^company\./, 'business'],
  [/(?:first|last)_name/, 'name'],
  [/(?:email|phone)$/, 'contact'],
];

/** What the PSP's words for what it wants are about, each topic once. */
export const topicsOf = (requirements: readonly string[]): RequirementTopic[] => [
  ...new Set(requirements.map((word) => topicPatterns.find(([pattern]) => pattern.test(word))?.[1] ?? 'other')),
];
