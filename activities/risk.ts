import { LRUCache } from 'lru-cache';
import { blockedByRisk } from '../domain/payment-order';
import type { RequestedBy } from '../domain/requested-by';
import {
  builtInRules,
  defaultHoldSeconds,
  defaultReview,
  judge,
  needsOf,
  ordersBlockedBy,
  quietBelow,
  riskDecisions,
  riskStages,
  severest,
  stageOf,
  type ListedKind,
  type PspSignal,
  type RiskFacts,
  type RiskFinding,
  type RiskJudgement,
  type RiskLimit,
  type RiskRule,
  type RiskRules,
  type RiskSource,
  type RiskStage,
  unprovenLimits,
} from '../domain/risk';
import { recordOpsAction } from '../prisma/ops-action';
import { endedTries } from '../prisma/checkout';
import {
  letThrough,
  lookAtTry,
  markEnded,
  saveJudgement,
  saveVerdict,
  triesUnderWay,
  type ListedTry,
  type AssessmentKey,
  type AssessmentStanding,
  type RiskLook,
  type RiskTry,
  type StageJudgement,
  type VersionedRules,
} from '../prisma/risk';
import { fingerprintOf } from '../providers/fingerprint';
import type { CardFacts } from '../providers/provider';
import type { Dependencies } from './dependencies';
import { failure } from './failure';

/** A try that is not to be sent yet: it is held for a while, or waits for a person. */
export interface RiskWait {
  readonly outcome: 'waits';
  readonly kind: 'hold' | 'review';
  /** When to ask again, at the latest. ISO 8601. */
  readonly until: string;
  /** Why, in words. */
  readonly says: string;
  readonly round: number;
}

export type RiskAnswer =
  /** `cardMatters`: rules or lists speak of the card, or count it. */
  | {
      readonly outcome: 'go';
      readonly challenge: boolean;
      readonly cardMatters: boolean;
      /** Orders that are blocked by themselves: the others go on without them. */
      readonly refusedOrders: readonly string[];
    }
  | { readonly outcome: 'rejected'; readonly code: typeof blockedByRisk; readonly message: string }
  | RiskWait;

/** In words that are fit for a buyer: why, ops are told elsewhere. */
export const refusedByRisk = {
  outcome: 'rejected',
  code: blockedByRisk,
  message: 'The payment is not accepted.',
} as const;

/** A checkout's try as its rows tell of it. */
export interface TryRow extends AssessmentKey {
  readonly buyerId: string;
  readonly email: string | null;
  readonly ip: string | null;
  readonly country: string | null;
  readonly orders: RiskFacts['orders'];
  /** Whether each order stands alone. */
  readonly eachAlone: boolean;
}

/** Rules that have been read, by merchant and version: what stands in them never changes. */
const readRules = new LRUCache<string, RiskRules>({ max: 2_000 });
/** The newest versions that a merchant is known to have. The database says when they no longer are. */
const newest = new LRUCache<string, { live: number; dryRun: number }>({ max: 10_000 });
const none = { live: 0, dryRun: 0 };

interface StandingRules {
  readonly known: { readonly live: number; readonly dryRun: number };
  readonly live: VersionedRules;
  /** Null where there are none, or older ones than the live ones: those have had their day. */
  readonly dryRun: VersionedRules | null;
}

/** The rules of a merchant as far as they are read; where they are not, with versions that make the database tell. */
function standingRules(merchantId: string): StandingRules {
  const read = (version: number): VersionedRules | undefined => {
    const rules = version === 0 ? builtInRules : readRules.get(`${merchantId}/${String(version)}`);
    return rules === undefined ? undefined : { version, rules };
  };
  const known = newest.get(merchantId) ?? none;
  const live = read(known.live);
  const dryRun = known.dryRun > known.live ? read(known.dryRun) : null;
  if (live === undefined || dryRun === undefined)
    return { known: { live: -1, dryRun: -1 }, live: { version: 0, rules: { rules: [] } }, dryRun: null };
  return { known, live, dryRun };
}

/** Whether later tries are judged by which card this one was made with, or this one is. */
const isAboutCards = (rule: RiskRule): boolean =>
  stageOf(rule) === 'card' || rule.when.some((one) => one.kind === 'velocity' && one.counts === 'cards');

/** A try with fingerprints in the place of all that could name a person. */
function attemptOf(riskKey: Buffer, row: TryRow, card: CardFacts | null): RiskTry {
  const { merchantId } = row;
  const hash = (kind: ListedKind, value: string | null): string | null =>
    value === null ? null : fingerprintOf(riskKey, merchantId, kind, value);
  return {
    ...row,
    email: hash('email', row.email),
    ip: hash('ip', row.ip),
    card: hash('card', card?.fingerprint ?? null),
    buyerCountry: row.country,
    cardCountry: card?.country ?? null,
    listed: [
      { kind: 'buyer' as const, fingerprint: hash('buyer', row.buyerId) },
      { kind: 'email' as const, fingerprint: hash('email', row.email) },
      { kind: 'ip' as const, fingerprint: hash('ip', row.ip) },
      { kind: 'card' as const, fingerprint: hash('card', card?.fingerprint ?? null) },
      ...[...new Set(row.orders.map(({ sellerAccount }) => sellerAccount))].map((seller) => ({
        kind: 'seller' as const,
        fingerprint: hash('seller', seller),
      })),
    ].flatMap(({ kind, fingerprint }) => (fingerprint === null ? [] : [{ kind, fingerprint }])),
  };
}

/** What the PSP has said by then. */
interface FoundByPsp {
  readonly card: CardFacts | null;
  readonly signals: readonly PspSignal[];
}

/**
 * Judges a try up to a stage, by the merchant's rules as they are now, and answers what is to be done. A retry is safe: each stage is judged
 * once, and its answer stands; an approval covers all stages.
 */
async function judgeUpTo(
  { databases, riskKey }: Dependencies,
  row: TryRow,
  stage: RiskStage,
  found: FoundByPsp,
): Promise<RiskAnswer> {
  const { merchantId } = row;
  const attempt = attemptOf(riskKey, row, found.card);
  let hasAsked = false;
  for (let tries = 0; tries < 5; tries += 1) {
    const sets = standingRules(merchantId);
    const [live, dryRun] = [sets.live.rules.rules, sets.dryRun?.rules.rules ?? []];
    const isOfStage = (rule: RiskRule): boolean => stageOf(rule) === stage;
    const liveOfStage = live.filter(isOfStage);
    const known = { buyer: row.buyerId, email: attempt.email, ip: attempt.ip, card: attempt.card };
    const isKnown = (source: RiskSource): boolean => known[source] !== null;
    const needs = needsOf([...liveOfStage, ...dryRun.filter(isOfStage)]);
    const limits = unprovenLimits(live, isKnown);
    const below = sets.dryRun === null ? quietBelow(liveOfStage, isKnown) : undefined;
    const look = await lookAtTry(
      databases.risk,
      attempt,
      { ...needs, counted: needs.counted.filter(isKnown) },
      sets.known,
      below && { stage, version: sets.live.version, below },
    );
    if (look.rules !== undefined) {
      for (const { version, definition } of look.rules) readRules.set(`${merchantId}/${String(version)}`, definition);
      const of = (mode: string): number => look.rules.find((set) => set.mode === mode)?.version ?? 0;
      newest.set(merchantId, { live: of('live'), dryRun: of('dry_run') });
      continue;
    }
    const cardMatters = look.cardsListed || [...live, ...dryRun].some(isAboutCards);
    const { standing } = look;
    const isJudged = riskStages.indexOf(stage) <= riskStages.indexOf(standing.stage as RiskStage);
    // Others of the same source have gone on meanwhile, and what became of them counts.
    const wasHeld = standing.decision === 'hold' && standing.stage === stage && !standing.waits && !standing.isThrough;
    if ((isJudged && !wasHeld) || standing.verdict !== null)
      return answerOf(databases.risk, row, standing, stage, cardMatters);
    if (!hasAsked && isCrowded(look.facts.counts, limits)) {
      await askWhatBecame(databases, attempt, limits);
      hasAsked = true;
      continue;
    }
    const facts = factsOf(riskKey, row, look, found);
    const ofStage = new Set(liveOfStage.map((rule) => rule.rule_id));
    const said = standing.findings.filter(({ rule_id: id }) => !wasHeld || !ofStage.has(id));
    const judged = judge(sets.live.rules, stage, facts, scoreOf(said));
    if (wasHeld && mayPass(judged, standing.findings)) {
      if (await letThrough(databases.risk, attempt, limits, Math.max(1, judged.holdSeconds)))
        return answerOf(databases.risk, row, { ...standing, waits: false }, stage, cardMatters);
      continue;
    }
    await saveJudgement(databases.risk, row, judgementOf(sets, stage, facts, standing, said, judged));
    const isSentNext = stage !== 'payment' && (judged.decision === 'allow' || judged.decision === 'challenge');
    if (limits.length > 0 && !standing.isThrough && isSentNext)
      await letThrough(databases.risk, attempt, limits, defaultHoldSeconds);
    else if (judged.decision === 'allow' && standing.decision === null)
      return { outcome: 'go', challenge: false, cardMatters, refusedOrders: judged.refusedOrders };
    const nothing = { counted: [], sellers: false, sellerTries: false, firstTime: false };
    const again = await lookAtTry(databases.risk, attempt, nothing, sets.known);
    if (again.rules === undefined) return answerOf(databases.risk, row, again.standing, stage, cardMatters);
  }
  throw failure('StorageUnavailable', 'the rules of risk change faster than they can be read');
}

const scoreOf = (findings: readonly RiskFinding[]): number => findings.reduce((sum, { score }) => sum + score, 0);

/** Whether a try whose hold is over may go on: nothing severer is said of it by now, nor of one of its orders. */
function mayPass({ decision, refusedOrders }: RiskJudgement, findings: readonly RiskFinding[]): boolean {
  const known = ordersBlockedBy(findings);
  return (
    riskDecisions.indexOf(decision) <= riskDecisions.indexOf('hold') && refusedOrders.every((id) => known.includes(id))
  );
}

/** What a stage is judged by. */
function factsOf(
  riskKey: Buffer,
  row: TryRow,
  look: Exclude<RiskLook, { rules: object }>,
  { card, signals }: FoundByPsp,
): RiskFacts {
  return {
    ...look.facts,
    lists: look.lists.map((entry) => ({ ...entry, seller: sellerNamedBy(riskKey, row, entry) })),
    orders: row.orders,
    eachAlone: row.eachAlone,
    buyerCountry: row.country,
    cardCountry: card?.country ?? null,
    signals,
  };
}

/** What is kept of a stage, with what the rules on trial would have made of it. */
function judgementOf(
  { live, dryRun }: StandingRules,
  stage: RiskStage,
  facts: RiskFacts,
  standing: AssessmentStanding,
  said: readonly RiskFinding[],
  judged: RiskJudgement,
): StageJudgement {
  const { decision } = judged;
  const review = { ...defaultReview, ...live.rules.review };
  const waitSeconds = { hold: judged.holdSeconds, review: review.within_minutes * 60 };
  const dry = dryRun === null ? null : judge(dryRun.rules, stage, facts, standing.dryScore);
  return {
    stage,
    rulesVersion: live.version,
    decision: decision === 'allow' ? (standing.decision ?? 'allow') : decision,
    score: judged.score,
    challenge: judged.challenge,
    findings: [...said, ...judged.findings.filter((finding) => !said.some((one) => isSame(one, finding)))],
    waitSeconds: decision === 'hold' || decision === 'review' ? waitSeconds[decision] : null,
    waitBehind: decision === 'hold' ? judged.holdBehind : [],
    otherwise: decision === 'review' ? review.otherwise : null,
    dry:
      dry === null || dryRun === null
        ? null
        : {
            version: dryRun.version,
            decision: severest(standing.dryDecision ?? 'allow', dry.decision),
            findings: [...standing.dryFindings, ...dry.findings],
          },
    signals: facts.signals,
    refusedOrders: judged.refusedOrders,
  };
}

/** Whose orders an entry of a list is about; null where it is about the buyer. */
function sellerNamedBy(riskKey: Buffer, { merchantId, orders }: TryRow, entry: ListedTry): string | null {
  if (entry.kind !== 'seller') return null;
  const named = orders.find(
    ({ sellerAccount }) => fingerprintOf(riskKey, merchantId, 'seller', sellerAccount) === entry.fingerprint,
  );
  return named?.sellerAccount ?? null;
}

/** Whether so many tries of a source are under way that it matters what has become of them. */
const isCrowded = (counts: RiskFacts['counts'], limits: readonly RiskLimit[]): boolean =>
  limits.some(({ per, within, at_least: least }) => (counts[per]?.[within].unproven ?? 0) >= least);

/** Asks the payments what has become of the tries that count as under way: that is written down only when it is asked for. */
async function askWhatBecame(
  { risk, payments }: Dependencies['databases'],
  attempt: RiskTry,
  limits: readonly RiskLimit[],
): Promise<void> {
  for (const source of new Set(limits.map(({ per }) => per))) {
    const underWay = await triesUnderWay(risk, attempt, source);
    if (underWay.length === 0) continue;
    const ended = await endedTries(payments, attempt.merchantId, underWay);
    if (ended.length > 0) await markEnded(risk, attempt.merchantId, ended);
  }
}

/** What a list says is said at each stage anew. */
const isSame = (one: RiskFinding, other: RiskFinding): boolean =>
  one.rule_id === other.rule_id && one.payment_order_id === other.payment_order_id && one.says === other.says;

async function answerOf(
  risk: Dependencies['databases']['risk'],
  key: AssessmentKey,
  standing: AssessmentStanding,
  stage: RiskStage,
  cardMatters: boolean,
): Promise<RiskAnswer> {
  const refusedOrders = ordersBlockedBy(standing.findings);
  const go = { outcome: 'go', challenge: standing.challenge, cardMatters, refusedOrders } as const;
  if (standing.verdict !== null) return standing.verdict === 'approved' ? go : refusedByRisk;
  const found = standing.findings.map((finding) => finding.says);
  // It came together with so many others that it was no longer among the first.
  const says = found.length > 0 ? found.join('; ') : 'others of the same source are under way';
  const { waitUntil: until } = standing;
  switch (standing.decision) {
    case null:
    case 'allow':
    case 'challenge':
      return go;
    case 'block':
      return refusedByRisk;
    case 'hold':
      return standing.waits && until !== null
        ? { outcome: 'waits', kind: 'hold', until: isoOf(until), says, round: key.round }
        : go;
    case 'review': {
      // Money that has moved does not wait for a person: it goes back.
      if (stage === 'payment') return refusedByRisk;
      if (standing.waits && until !== null)
        return { outcome: 'waits', kind: 'review', until: isoOf(until), says, round: key.round };
      const by = { actor: 'deadline', reason: `nobody has spoken by ${until ?? 'now'}` };
      const verdict = await saveVerdict(risk, key, standing.otherwise === 'allow' ? 'approved' : 'rejected', by);
      return verdict === 'approved' ? go : refusedByRisk;
    }
  }
}

const isoOf = (text: string): string => new Date(text).toISOString();

/** Before the PSP hears of it: by what the storefront says. */
export const assessBuyer = (dependencies: Dependencies, row: TryRow): Promise<RiskAnswer> =>
  judgeUpTo(dependencies, row, 'buyer', { card: null, signals: [] });

/** Once the PSP has said which card it is, and before it is charged. */
export const assessCard = (dependencies: Dependencies, row: TryRow, card: CardFacts | null): Promise<RiskAnswer> =>
  judgeUpTo(dependencies, row, 'card', { card, signals: [] });

/** After the PSP has taken, or holds, the money, where it has said something out of the ordinary. Answers whether it goes back. */
export async function assessPayment(
  dependencies: Dependencies,
  row: TryRow,
  signals: readonly PspSignal[],
  paymentOrderId: string,
): Promise<{ refused: boolean }> {
  const answer = await judgeUpTo(dependencies, row, 'payment', { card: null, signals });
  const isOrderRefused = answer.outcome === 'go' && answer.refusedOrders.includes(paymentOrderId);
  return { refused: answer.outcome === 'rejected' || isOrderRefused };
}

export interface DecideReviewInput extends AssessmentKey {
  readonly approved: boolean;
  readonly by: RequestedBy;
  /** The payment order or, for all of them, the checkout that the person spoke about. */
  readonly subject: string;
  readonly paymentOrderId: string;
  readonly updateId: string;
}

/** Takes a person's word on a try that waits for one, and keeps whose word it was. A retry is safe: the first word stands. */
export async function decideReview(
  { databases }: Dependencies,
  input: DecideReviewInput,
): Promise<{ verdict: 'approved' | 'rejected' }> {
  const { merchantId, paymentOrderId, subject, by, approved, updateId } = input;
  const verdict = await saveVerdict(databases.risk, input, approved ? 'approved' : 'rejected', by);
  await recordOpsAction(databases.payments, {
    merchantId,
    paymentOrderId,
    subject,
    action: approved ? 'approve' : 'reject',
    actor: by.actor,
    reason: by.reason,
    details: { round: input.round },
    updateId,
  });
  return { verdict };
}
