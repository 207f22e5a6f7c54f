import { fromMinorUnits, isCurrency, toMinorUnits } from './money';

/** What may be made of a try at paying, the mildest first. A hold passes by itself; a review waits for a person. */
export const riskDecisions = ['allow', 'challenge', 'hold', 'review', 'block'] as const;
export type RiskDecision = (typeof riskDecisions)[number];

/** What a rule may ask for by itself, whatever the score. */
export const riskActions = ['challenge', 'hold', 'review', 'block'] as const;

export const riskSpans = ['10m', '1h', '24h', '7d', '30d'] as const;
export type RiskSpan = (typeof riskSpans)[number];

/**
 * Whose doings are counted, and which of them. `unproven`: tries that were declined, and those that were let through and that the PSP
 * has not answered yet, beyond as many as have gone well; not counted of sellers.
 */
export const riskSources = ['buyer', 'email', 'ip', 'card'] as const;
export type RiskSource = (typeof riskSources)[number];
export const riskMeasures = ['attempts', 'declines', 'cards', 'refunds', 'disputes', 'unproven'] as const;
export type RiskMeasure = (typeof riskMeasures)[number];

/** What lists may name. */
export const listedKinds = ['buyer', 'email', 'ip', 'card', 'seller'] as const;
export type ListedKind = (typeof listedKinds)[number];

/** Amounts in major units by currency, `*` for each other one. */
type Amounts = Readonly<Record<string, string>>;

/** One thing that must be so for a rule to speak. */
export type RiskCondition =
  | {
      readonly kind: 'velocity';
      readonly per: RiskSource | 'seller';
      readonly counts: RiskMeasure;
      readonly within: RiskSpan;
      readonly at_least: number;
    }
  | { readonly kind: 'amount'; readonly above: Amounts }
  | { readonly kind: 'first_time_buyer' }
  | { readonly kind: 'country_mismatch' }
  | { readonly kind: 'country'; readonly of: 'buyer' | 'card'; readonly in: readonly string[] }
  | {
      readonly kind: 'seller_exposure';
      readonly new_for_days: number;
      readonly within: RiskSpan;
      readonly above: Amounts;
    }
  | { readonly kind: 'psp_signal'; readonly signal: PspSignal };

export const pspSignals = [
  'risk_elevated',
  'risk_highest',
  'cvc_failed',
  'address_failed',
  'postal_code_failed',
] as const;
/** What the PSP says of a payment that is out of the ordinary. */
export type PspSignal = (typeof pspSignals)[number];

/** A rule: when all its conditions hold, it adds its score, and asks for its action. */
export interface RiskRule {
  readonly rule_id: string;
  readonly when: readonly RiskCondition[];
  readonly score?: number | undefined;
  readonly action?: (typeof riskActions)[number] | undefined;
  /** How long a hold lasts. */
  readonly hold_seconds?: number | undefined;
}

/** A merchant's rules, as data. */
export interface RiskRules {
  readonly rules: readonly RiskRule[];
  /** From which sum of scores on something is done. Unset: nothing is. */
  readonly thresholds?:
    | {
        readonly challenge?: number | undefined;
        readonly review?: number | undefined;
        readonly block?: number | undefined;
      }
    | undefined;
  /** How long a person has, and what happens then. */
  readonly review?:
    { readonly within_minutes?: number | undefined; readonly otherwise?: 'allow' | 'block' | undefined } | undefined;
}

export const defaultHoldSeconds = 5;
export const defaultReview = { within_minutes: 1_440, otherwise: 'block' } as const;

/** How long a try waits at first where too many of its source have come to no good end yet. */
const unprovenSeconds = 2;

/**
 * What holds where a merchant has no rules: who tries card after card from one address is slowed down, then stopped (X3); and no more than ten
 * are under way at once before it is known what becomes of them. It goes by what the storefront says of a buyer's e-mail and IP address; without
 * those it can see nothing.
 */
export const builtInRules: RiskRules = {
  rules: (['ip', 'email'] as const).flatMap((per): RiskRule[] => {
    const declines = (within: RiskSpan, least: number): RiskCondition => ({
      kind: 'velocity',
      per,
      counts: 'declines',
      within,
      at_least: least,
    });
    const attempts: RiskCondition = { kind: 'velocity', per, counts: 'attempts', within: '10m', at_least: 50 };
    const unproven: RiskCondition = { kind: 'velocity', per, counts: 'unproven', within: '10m', at_least: 10 };
    return [
      { rule_id: `card-testing-${per}-abreast`, when: [unproven], action: 'hold', hold_seconds: unprovenSeconds },
      { rule_id: `card-testing-${per}-slow`, when: [declines('10m', 5)], action: 'hold' },
      { rule_id: `card-testing-${per}-flood`, when: [declines('10m', 5), attempts], action: 'block' },
      { rule_id: `card-testing-${per}-stop`, when: [declines('1h', 10)], action: 'block' },
    ];
  }),
};

/** What is known when; a rule is asked as soon as all of its conditions can be. */
export const riskStages = ['buyer', 'card', 'payment'] as const;
export type RiskStage = (typeof riskStages)[number];

/** The stage at which a rule can be asked. */
export function stageOf({ when }: RiskRule): RiskStage {
  if (when.some(({ kind }) => kind === 'psp_signal')) return 'payment';
  const needsCard = (condition: RiskCondition): boolean =>
    condition.kind === 'country_mismatch' ||
    (condition.kind === 'country' && condition.of === 'card') ||
    (condition.kind === 'velocity' && condition.per === 'card');
  return when.some(needsCard) ? 'card' : 'buyer';
}

/** What has to be looked up for some rules. */
export interface RiskNeeds {
  readonly counted: readonly RiskSource[];
  readonly sellers: boolean;
  /** Whether it matters what became of a seller's orders. */
  readonly sellerTries: boolean;
  readonly firstTime: boolean;
}

export function needsOf(rules: readonly RiskRule[]): RiskNeeds {
  const conditions = rules.flatMap(({ when }) => when);
  const counted = conditions.flatMap((one) => (one.kind === 'velocity' && one.per !== 'seller' ? [one.per] : []));
  return {
    counted: [...new Set(counted)],
    sellers: conditions.some(
      (one) => one.kind === 'seller_exposure' || (one.kind === 'velocity' && one.per === 'seller'),
    ),
    sellerTries: conditions.some((one) => one.kind === 'velocity' && one.per === 'seller' && one.counts !== 'attempts'),
    firstTime: conditions.some(({ kind }) => kind === 'first_time_buyer'),
  };
}

/** A count that has to be reached before some rule can speak. */
export interface RiskLimit {
  readonly per: RiskSource;
  readonly within: RiskSpan;
  readonly counts: RiskMeasure;
  readonly at_least: number;
}

/**
 * Limits of which one at least must be reached before any of these rules can speak, so that who looks the counts up can tell by itself that
 * nothing is out of the ordinary; nothing where a rule goes by something else. Of a source that nobody has named no rule speaks.
 */
export function quietBelow(
  rules: readonly RiskRule[],
  isKnown: (source: RiskSource) => boolean,
): RiskLimit[] | undefined {
  const limits: RiskLimit[] = [];
  for (const { when } of rules) {
    const limit = when.find(isLimit);
    if (limit === undefined) return undefined;
    const { per, within, counts, at_least } = limit;
    if (isKnown(per)) limits.push({ per, within, counts, at_least });
  }
  return limits;
}

const isUnproven = (condition: RiskCondition): boolean =>
  condition.kind === 'velocity' && condition.counts === 'unproven';

const isLimit = (condition: RiskCondition): condition is Extract<RiskCondition, { kind: 'velocity' }> & RiskLimit =>
  condition.kind === 'velocity' && condition.per !== 'seller';

/** How many tries of one source may be under way, by the rules that hold for nothing else: counted once more when one is let through. */
export const unprovenLimits = (rules: readonly RiskRule[], isKnown: (source: RiskSource) => boolean): RiskLimit[] =>
  rules
    .filter(({ action, when }) => action === 'hold' && when.length === 1)
    .flatMap(({ when }) => when.filter(isLimit))
    .filter((limit) => isUnproven(limit) && isKnown(limit.per))
    .map(({ per, within, counts, at_least }) => ({ per, within, counts, at_least }));

type Counts = Readonly<Record<RiskSpan, Readonly<Record<RiskMeasure, number>>>>;
/** What is counted of a seller. */
type SellerMeasure = Exclude<RiskMeasure, 'unproven'>;

export interface SellerFacts {
  /** Whole days since its first order. */
  readonly days: number;
  /** Of other checkouts; amounts in minor units, as text, without those that were refused. */
  readonly spans: Readonly<
    Record<RiskSpan, Readonly<Record<SellerMeasure, number>> & { readonly amounts: Readonly<Record<string, string>> }>
  >;
}

/** What is known of one try. What was not looked up, or could not be known, is left out: no rule speaks of it. */
export interface RiskFacts {
  readonly orders: readonly {
    readonly paymentOrderId: string;
    readonly sellerAccount: string;
    readonly currency: string;
    readonly amountMinor: bigint;
  }[];
  /** Whether each order stands alone, so that one may be blocked and the others go on. */
  readonly eachAlone: boolean;
  readonly buyerCountry: string | null;
  readonly cardCountry: string | null;
  readonly counts: Readonly<Partial<Record<RiskSource, Counts | null>>>;
  readonly sellers: Readonly<Record<string, SellerFacts>>;
  readonly firstTime: boolean | null;
  readonly lists: readonly {
    readonly list: 'allow' | 'block';
    readonly kind: ListedKind;
    readonly shown: string;
    /** The account, where it is a seller's. */
    readonly seller: string | null;
  }[];
  readonly signals: readonly PspSignal[];
}

/** A rule that spoke, and why, in words for people. */
export interface RiskFinding {
  readonly rule_id: string;
  readonly says: string;
  readonly score: number;
  readonly action: RiskDecision | null;
  /** The order that it is about; null: the whole checkout. */
  readonly payment_order_id: string | null;
}

export interface RiskJudgement {
  readonly decision: RiskDecision;
  readonly score: number;
  /** Whether the bank is to be asked to challenge the buyer, once it may be sent at all. */
  readonly challenge: boolean;
  readonly findings: readonly RiskFinding[];
  /** Orders that are blocked by themselves, where the others go on. */
  readonly refusedOrders: readonly string[];
  /** How long it is held, and behind whose other tries that are. */
  readonly holdSeconds: number;
  readonly holdBehind: readonly RiskSource[];
}

/** The severer of two. */
export const severest = (one: RiskDecision, other: RiskDecision): RiskDecision =>
  riskDecisions.indexOf(one) >= riskDecisions.indexOf(other) ? one : other;

const nothingElse = { refusedOrders: [], holdSeconds: 0, holdBehind: [] } as const;

/** The orders that findings block by themselves. */
export const ordersBlockedBy = (findings: readonly RiskFinding[]): string[] => [
  ...new Set(findings.flatMap(({ action, payment_order_id: id }) => (action === 'block' && id !== null ? [id] : []))),
];

/**
 * Judges a try by the rules of one stage. The block list comes first, the allow list second, and rules third: each that speaks adds its score,
 * and the severest of what rules ask for and what the sum comes to is done. Where orders stand alone, what blocks one of them leaves the others be.
 *
 * @param earlier the score of the stages before; a sum that was acted on there is not acted on again
 */
export function judge(rules: RiskRules, stage: RiskStage, facts: RiskFacts, earlier = 0): RiskJudgement {
  const blocked = listedOn('block', facts);
  const byList = refusedAlone(blocked, facts);
  const asListed = { score: earlier, challenge: false, ...nothingElse };
  if (blocked.length > 0 && byList.length === 0) return { ...asListed, decision: 'block', findings: blocked };
  const allowed = listedOn('allow', facts);
  // A seller who is allowed says nothing of the others in the same cart.
  const isListed = (id: string | null): boolean =>
    id !== null && [...allowed, ...blocked].some((finding) => finding.payment_order_id === id);
  const isAllowed =
    allowed.some(({ payment_order_id: id }) => id === null) ||
    facts.orders.every(({ paymentOrderId }) => isListed(paymentOrderId));
  if (allowed.length > 0 && isAllowed)
    return { ...asListed, decision: 'allow', findings: [...blocked, ...allowed], refusedOrders: byList };

  const spoke = rules.rules
    .filter((rule) => stageOf(rule) === stage)
    .flatMap((rule) => speak(rule, facts).map((finding) => ({ rule, finding })))
    .filter(({ finding }) => !isListed(finding.payment_order_id));
  const findings = [...blocked, ...spoke.map(({ finding }) => finding)];
  const holding = spoke.flatMap(({ rule }) => (rule.action === 'hold' ? [rule] : []));
  const score = findings.reduce((sum, finding) => sum + finding.score, earlier);
  const bySum = decisionOfScore(rules, score);
  const refusedOrders = refusedAlone(findings, facts);
  const asked = findings
    .filter(({ action, payment_order_id: id }) => action !== 'block' || id === null || !refusedOrders.includes(id))
    .reduce<RiskDecision>((sum, { action }) => severest(sum, action ?? 'allow'), 'allow');
  return {
    decision: severest(asked, bySum === decisionOfScore(rules, earlier) ? 'allow' : bySum),
    score,
    challenge:
      findings.some(({ action }) => action === 'challenge') || score >= (rules.thresholds?.challenge ?? Infinity),
    findings,
    refusedOrders,
    holdSeconds: Math.max(0, ...holding.map((rule) => rule.hold_seconds ?? defaultHoldSeconds)),
    // What only waits for answers goes on with them, and not one by one.
    holdBehind: needsOf(holding.filter((rule) => !rule.when.some(isUnproven))).counted,
  };
}

/** Who is on a list: of a seller it is said for each of its orders, of all others once. */
function listedOn(wanted: 'allow' | 'block', { lists, orders }: RiskFacts): RiskFinding[] {
  return lists
    .filter(({ list }) => list === wanted)
    .flatMap(({ list, kind, shown, seller }) =>
      (seller === null ? [null] : orders.filter((order) => order.sellerAccount === seller)).map((order) => ({
        rule_id: `${list}-list`,
        says: `the ${kind} ${shown} is on the ${list} list`,
        score: 0,
        action: list === 'block' ? ('block' as const) : null,
        payment_order_id: order?.paymentOrderId ?? null,
      })),
    );
}

/** Orders that are blocked by themselves, as long as any is left and nothing blocks them all. */
function refusedAlone(findings: readonly RiskFinding[], { eachAlone, orders }: RiskFacts): readonly string[] {
  const blocked = ordersBlockedBy(findings);
  const blocksAll = findings.some(({ action, payment_order_id: id }) => action === 'block' && id === null);
  return eachAlone && !blocksAll && blocked.length < orders.length ? blocked : [];
}

function decisionOfScore({ thresholds = {} }: RiskRules, score: number): RiskDecision {
  const reached = (['block', 'review', 'challenge'] as const).find((name) => score >= (thresholds[name] ?? Infinity));
  return reached ?? 'allow';
}

/** A rule about orders speaks once for each of them. */
function speak(rule: RiskRule, facts: RiskFacts): RiskFinding[] {
  const aboutOrders = rule.when.some(
    (one) => one.kind === 'seller_exposure' || (one.kind === 'velocity' && one.per === 'seller'),
  );
  return (aboutOrders ? facts.orders : [undefined]).flatMap((order) => {
    const reasons: string[] = [];
    for (const condition of rule.when) {
      const reason = holds(condition, facts, order);
      if (reason === undefined) return [];
      reasons.push(reason);
    }
    return {
      rule_id: rule.rule_id,
      says: reasons.join(', and '),
      score: rule.score ?? 0,
      action: rule.action ?? null,
      payment_order_id: order?.paymentOrderId ?? null,
    };
  });
}

const spanWords: Readonly<Record<RiskSpan, string>> = {
  '10m': '10 minutes',
  '1h': 'an hour',
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
};
const sourceWords: Readonly<Record<RiskSource | 'seller', string>> = {
  buyer: 'this buyer',
  email: 'this e-mail address',
  ip: 'this IP address',
  card: 'this card',
  seller: 'this seller',
};
const measureWords: Readonly<Record<RiskMeasure, string>> = {
  attempts: 'attempts',
  declines: 'declines',
  cards: 'cards',
  refunds: 'refunds',
  disputes: 'disputes',
  unproven: 'attempts without a good end',
};
const signalWords: Readonly<Record<PspSignal, string>> = {
  risk_elevated: 'the PSP calls the risk elevated',
  risk_highest: 'the PSP calls the risk highest',
  cvc_failed: 'the security code was wrong',
  address_failed: 'the address is not the one that the bank knows',
  postal_code_failed: 'the postal code is not the one that the bank knows',
};

/** Why a condition holds, in words; nothing where it doesn't, or nobody knows. */
function holds(
  condition: RiskCondition,
  facts: RiskFacts,
  order: RiskFacts['orders'][number] | undefined,
): string | undefined {
  switch (condition.kind) {
    case 'velocity': {
      const { per, counts, within, at_least: least } = condition;
      const found =
        per === 'seller'
          ? counts === 'unproven'
            ? undefined
            : facts.sellers[order?.sellerAccount ?? '']?.spans[within][counts]
          : facts.counts[per]?.[within][counts];
      if (found === undefined || found < least) return undefined;
      return `${String(found)} ${measureWords[counts]} of ${sourceWords[per]} within ${spanWords[within]}, ${String(least)} are enough`;
    }
    case 'amount': {
      for (const [currency, sum] of totalsOf(facts)) {
        const limit = limitOf(condition.above, currency);
        if (limit !== undefined && sum > limit)
          return `${moneyText(sum, currency)} are more than ${moneyText(limit, currency)}`;
      }
      return undefined;
    }
    case 'first_time_buyer':
      return facts.firstTime === true ? 'the buyer has not paid here before' : undefined;
    case 'country_mismatch': {
      const { buyerCountry, cardCountry } = facts;
      if (buyerCountry === null || cardCountry === null || buyerCountry === cardCountry) return undefined;
      return `the buyer is in ${buyerCountry} and the card from ${cardCountry}`;
    }
    case 'country': {
      const country = condition.of === 'buyer' ? facts.buyerCountry : facts.cardCountry;
      if (country === null || !condition.in.includes(country)) return undefined;
      return `the ${condition.of} is ${condition.of === 'buyer' ? 'in' : 'from'} ${country}`;
    }
    case 'seller_exposure': {
      const seller = order === undefined ? undefined : facts.sellers[order.sellerAccount];
      if (order === undefined || seller === undefined || seller.days >= condition.new_for_days) return undefined;
      const { currency, sellerAccount } = order;
      const limit = limitOf(condition.above, currency);
      const now = facts.orders
        .filter((one) => one.sellerAccount === sellerAccount && one.currency === currency)
        .reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
      const sum = now + BigInt(seller.spans[condition.within].amounts[currency] ?? '0');
      if (limit === undefined || sum <= limit) return undefined;
      return `${moneyText(sum, currency)} within ${spanWords[condition.within]} for a seller of ${String(seller.days)} day(s), ${moneyText(limit, currency)} are allowed to one younger than ${String(condition.new_for_days)}`;
    }
    case 'psp_signal':
      return facts.signals.includes(condition.signal) ? signalWords[condition.signal] : undefined;
  }
}

function totalsOf({ orders }: RiskFacts): Map<string, bigint> {
  const totals = new Map<string, bigint>();
  for (const { currency, amountMinor } of orders) totals.set(currency, (totals.get(currency) ?? 0n) + amountMinor);
  return totals;
}

/** A limit in minor units; nothing where none is set, or it is no amount of that currency. */
function limitOf(above: Amounts, currency: string): bigint | undefined {
  const amount = above[currency] ?? above['*'];
  if (amount === undefined || !isCurrency(currency)) return undefined;
  try {
    return toMinorUnits({ amount, currency });
  } catch {
    // "*": "99.50" in a currency without decimals: what is whole of it counts.
    return toMinorUnits({ amount: amount.replace(/\..*/, ''), currency });
  }
}

function moneyText(minor: bigint, currency: string): string {
  return `${fromMinorUnits(minor, currency).amount} ${currency}`;
}
