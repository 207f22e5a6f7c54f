import type {
  ListedKind,
  PspSignal,
  RiskDecision,
  RiskFacts,
  RiskFinding,
  RiskLimit,
  RiskNeeds,
  RiskRules,
  RiskSource,
  RiskStage,
} from '../domain/risk';
import type { RequestedBy } from '../domain/requested-by';
import type { PrismaClient } from './database';
import { sqlState } from './storage-error';

/** One try at paying a checkout: each payment method that it is tried with is a round. */
export interface AssessmentKey {
  readonly merchantId: string;
  readonly checkoutId: string;
  readonly round: number;
}

/** What a try is about. Fingerprints in hexadecimal; null where the storefront, or the PSP, has not said. */
export interface RiskTry extends AssessmentKey {
  readonly buyerId: string;
  readonly email: string | null;
  readonly ip: string | null;
  readonly card: string | null;
  readonly buyerCountry: string | null;
  readonly cardCountry: string | null;
  readonly orders: RiskFacts['orders'];
  /** What lists are asked for. */
  readonly listed: readonly { readonly kind: ListedKind; readonly fingerprint: string }[];
}

/** Rules with the version that they are known by; 0: what is built in. */
export interface VersionedRules {
  readonly version: number;
  readonly rules: RiskRules;
}

/** How an assessment stands. */
export interface AssessmentStanding {
  readonly stage: 'none' | RiskStage;
  readonly decision: RiskDecision | null;
  readonly score: number;
  readonly challenge: boolean;
  readonly findings: readonly RiskFinding[];
  readonly dryDecision: RiskDecision | null;
  readonly dryFindings: readonly RiskFinding[];
  readonly dryScore: number;
  readonly verdict: 'approved' | 'rejected' | null;
  readonly otherwise: 'allow' | 'block' | null;
  readonly waitUntil: string | null;
  /** By the database's clock. */
  readonly waits: boolean;
  /** Whether it was let through. */
  readonly isThrough: boolean;
}

/** An entry of a list that names a try. */
export type ListedTry = Omit<RiskFacts['lists'][number], 'seller'> & { readonly fingerprint: string };

/** What a look has found; `rules` instead, where the caller's were not the newest. */
export type RiskLook =
  | { readonly rules: readonly { version: number; mode: 'live' | 'dry_run'; definition: RiskRules }[] }
  | {
      readonly rules?: undefined;
      readonly standing: AssessmentStanding;
      /** Whether any card is on a list. */
      readonly cardsListed: boolean;
      readonly facts: Pick<RiskFacts, 'counts' | 'sellers' | 'firstTime'>;
      readonly lists: readonly ListedTry[];
    };

interface StoredStanding {
  readonly stage: AssessmentStanding['stage'];
  readonly decision: RiskDecision | null;
  readonly score: number;
  readonly challenge: boolean;
  readonly findings: RiskFinding[];
  readonly dry_decision: RiskDecision | null;
  readonly dry_findings: RiskFinding[] | null;
  readonly verdict: AssessmentStanding['verdict'];
  readonly otherwise: AssessmentStanding['otherwise'];
  readonly wait_until: string | null;
  readonly waits: boolean | null;
  readonly sending: string | null;
}

interface StoredLook {
  readonly rules?: { version: number; mode: 'live' | 'dry_run'; definition: RiskRules }[];
  readonly standing: StoredStanding;
  readonly cards_listed: boolean;
  readonly counts: RiskFacts['counts'];
  readonly sellers: RiskFacts['sellers'];
  readonly first_time: boolean | null;
  readonly lists: readonly ListedTry[];
}

/** A stage that is passed where no list names the try and each of these counts is below its limit. */
export interface QuietStage {
  readonly stage: RiskStage;
  /** Of the rules that say so. */
  readonly version: number;
  readonly below: readonly RiskLimit[];
}

/**
 * Keeps what a try is about, and answers how it stands with what rules go by, in one statement. Safe to repeat: it is kept once. Others'
 * doings are counted up to the last thousand.
 *
 * @param known the newest versions that the caller has the rules of
 * @param quiet when a new try is judged by this, as allowed
 */
export async function lookAtTry(
  risk: PrismaClient,
  one: RiskTry,
  needs: RiskNeeds,
  known: { readonly live: number; readonly dryRun: number },
  quiet?: QuietStage,
): Promise<RiskLook> {
  const wire = {
    ...wireOf(one),
    buyer_country: one.buyerCountry,
    card_country: one.cardCountry,
    orders: one.orders.map((order) => ({
      payment_order_id: order.paymentOrderId,
      seller_account: order.sellerAccount,
      currency: order.currency,
      amount: order.amountMinor.toString(),
    })),
    listed: one.listed,
    counted: needs.counted,
    sellers: needs.sellers,
    seller_tries: needs.sellerTries,
    first_time: needs.firstTime,
    live_version: known.live,
    dry_version: known.dryRun,
    quiet,
  };
  const rows = await risk.$queryRaw<{ look: StoredLook }[]>`SELECT risk.look(${JSON.stringify(wire)}::jsonb) AS look`;
  const look = rows[0]?.look;
  if (look === undefined) throw new Error('a look at a try answered nothing');
  if (look.rules !== undefined) return { rules: look.rules };
  const { standing } = look;
  const dryFindings = standing.dry_findings ?? [];
  return {
    standing: {
      stage: standing.stage,
      decision: standing.decision,
      score: standing.score,
      challenge: standing.challenge,
      findings: standing.findings,
      dryDecision: standing.dry_decision,
      dryFindings,
      dryScore: dryFindings.reduce((sum, { score }) => sum + score, 0),
      verdict: standing.verdict,
      otherwise: standing.otherwise,
      waitUntil: standing.wait_until,
      waits: standing.waits === true,
      isThrough: standing.sending !== null,
    },
    cardsListed: look.cards_listed,
    facts: { counts: look.counts, sellers: look.sellers, firstTime: look.first_time },
    lists: look.lists,
  };
}

/** Which try it is, and whose. */
const wireOf = (one: RiskTry) => ({
  merchant_id: one.merchantId,
  checkout_id: one.checkoutId,
  round: one.round,
  buyer_id: one.buyerId,
  email: one.email,
  ip: one.ip,
  card: one.card,
});

/**
 * Lets a try through that was judged, unless too many of its source are under way; then it is held for at least so long. Counted one after the
 * other: of many that come at once no more than the limit are let through. Safe to repeat: one that is through stays so.
 *
 * @returns whether it is through
 */
export async function letThrough(
  risk: PrismaClient,
  one: RiskTry,
  limits: readonly RiskLimit[],
  holdSeconds: number,
): Promise<boolean> {
  const rows = await risk.$queryRaw<{ through: boolean }[]>`
    SELECT risk.let_through(${JSON.stringify(wireOf(one))}::jsonb, ${JSON.stringify(limits)}::jsonb, ${holdSeconds}::int) AS through`;
  return rows[0]?.through === true;
}

/** The tries of one source that are under way as far as is known, the newest first. */
export async function triesUnderWay(
  risk: PrismaClient,
  one: RiskTry,
  source: RiskSource,
): Promise<Omit<AssessmentKey, 'merchantId'>[]> {
  return risk.$queryRaw`
    SELECT tried.checkout_id AS "checkoutId", tried.round
    FROM unnest(risk.tries_of(${one.merchantId}, ${source}, ${JSON.stringify(wireOf(one))}::jsonb)) AS tried
    WHERE tried.sending = 'under_way' AND NOT tried.declined`;
}

/** A try that is no longer under way. */
export interface EndedTry extends Omit<AssessmentKey, 'merchantId'> {
  /** Whether its money came, or is held. */
  readonly wentWell: boolean;
}

/** Notes that tries are no longer under way. Safe to repeat. */
export async function markEnded(risk: PrismaClient, merchantId: string, tries: readonly EndedTry[]): Promise<void> {
  await risk.$executeRaw`
    UPDATE risk.assessment AS a SET sending = CASE WHEN told."wentWell" THEN 'went_well' ELSE 'over' END
    FROM jsonb_to_recordset(${JSON.stringify(tries)}::jsonb) AS told("checkoutId" text, round int, "wentWell" boolean)
    WHERE a.merchant_id = ${merchantId} AND a.checkout_id = told."checkoutId" AND a.round = told.round`;
}

/** What one stage has come to, with all findings up to it. */
export interface StageJudgement {
  readonly stage: RiskStage;
  readonly rulesVersion: number;
  readonly decision: RiskDecision;
  readonly score: number;
  readonly challenge: boolean;
  readonly findings: readonly RiskFinding[];
  readonly waitSeconds: number | null;
  /** Behind whose other tries that are held: one of them goes on in each such time. */
  readonly waitBehind: readonly RiskSource[];
  readonly otherwise: 'allow' | 'block' | null;
  readonly dry: {
    readonly version: number;
    readonly decision: RiskDecision;
    readonly findings: readonly RiskFinding[];
  } | null;
  readonly signals: readonly PspSignal[];
  /** Orders that are blocked by themselves. */
  readonly refusedOrders: readonly string[];
}

const order = `ARRAY['none', 'buyer', 'card', 'payment']`;

/** Until when others of the same source are held. */
const heldUntil = `(
  SELECT max(held.wait_until) FROM (
    SELECT o.wait_until FROM risk.assessment AS o
    WHERE 'ip' = ANY ($16::text[]) AND o.merchant_id = a.merchant_id AND o.ip = a.ip AND o.decision = 'hold' AND o.wait_until > now()
    UNION ALL SELECT o.wait_until FROM risk.assessment AS o
    WHERE 'email' = ANY ($16::text[]) AND o.merchant_id = a.merchant_id AND o.email = a.email AND o.decision = 'hold' AND o.wait_until > now()
    UNION ALL SELECT o.wait_until FROM risk.assessment AS o
    WHERE 'card' = ANY ($16::text[]) AND o.merchant_id = a.merchant_id AND o.card = a.card AND o.decision = 'hold' AND o.wait_until > now()
    UNION ALL SELECT o.wait_until FROM risk.assessment AS o
    WHERE 'buyer' = ANY ($16::text[]) AND o.merchant_id = a.merchant_id AND o.buyer_id = a.buyer_id AND o.decision = 'hold' AND o.wait_until > now()
  ) AS held)`;

/** Keeps what a stage came to, once: of two that judge at once the first counts. */
export async function saveJudgement(risk: PrismaClient, key: AssessmentKey, judged: StageJudgement): Promise<void> {
  const { dry } = judged;
  await risk.$executeRawUnsafe(
    `UPDATE risk.assessment AS a
     SET stage = $4, rules_version = $5::int, decision = $6, score = $7::int, findings = $8::jsonb,
         wait_until = coalesce(greatest(now(), ${heldUntil}) + make_interval(secs => $9::int), wait_until), otherwise = $10, challenge = challenge OR $15,
         sending = CASE WHEN $6 IN ('hold', 'review', 'block') THEN NULL ELSE sending END,
         dry_version = $11::int, dry_decision = $12, dry_findings = $13::jsonb, signals = coalesce($14::jsonb, signals)
     WHERE merchant_id = $1 AND checkout_id = $2 AND round = $3::int AND verdict IS NULL
       AND (array_position(${order}, stage) < array_position(${order}, $4) OR stage = $4 AND decision = 'hold' AND wait_until <= now())`,
    key.merchantId,
    key.checkoutId,
    key.round,
    judged.stage,
    judged.rulesVersion,
    judged.decision,
    judged.score,
    JSON.stringify(judged.findings),
    judged.waitSeconds,
    judged.otherwise,
    dry?.version ?? null,
    dry?.decision ?? null,
    dry === null ? null : JSON.stringify(dry.findings),
    judged.signals.length === 0 ? null : JSON.stringify(judged.signals),
    judged.challenge,
    judged.waitBehind,
  );
  if (judged.decision === 'block') await markRefused(risk, key);
  else for (const paymentOrderId of judged.refusedOrders) await markRefused(risk, key, paymentOrderId);
}

/** Keeps a person's word, or that nobody spoke in time, once. Answers whose word stands. */
export async function saveVerdict(
  risk: PrismaClient,
  key: AssessmentKey,
  verdict: 'approved' | 'rejected',
  by: RequestedBy,
): Promise<'approved' | 'rejected'> {
  await risk.$executeRaw`
    UPDATE risk.assessment SET verdict = ${verdict}, verdict_by = ${by.actor}, verdict_reason = ${by.reason}, verdict_at = now()
    WHERE merchant_id = ${key.merchantId} AND checkout_id = ${key.checkoutId} AND round = ${key.round}::int
      AND verdict IS NULL AND decision = 'review'`;
  const standing = await findAssessment(risk, key);
  if (standing?.verdict !== 'approved') await markRefused(risk, key);
  return standing?.verdict === 'approved' ? 'approved' : 'rejected';
}

/** Notes that a try was declined, and that no money comes of that order: later ones are judged by it. Safe to repeat. */
export async function markDeclined(
  risk: PrismaClient,
  key: AssessmentKey,
  /** Left out: of none of its orders. */
  paymentOrderId?: string,
): Promise<void> {
  await risk.$executeRaw`
    UPDATE risk.assessment SET declined = true
    WHERE merchant_id = ${key.merchantId} AND checkout_id = ${key.checkoutId} AND round = ${key.round}::int AND NOT declined`;
  await markRefused(risk, key, paymentOrderId);
}

async function markRefused(risk: PrismaClient, key: AssessmentKey, paymentOrderId?: string): Promise<void> {
  const { merchantId, checkoutId } = key;
  await risk.riskAssessedOrder.updateMany({
    where: { merchantId, checkoutId, refused: false, ...(paymentOrderId !== undefined && { paymentOrderId }) },
    data: { refused: true },
  });
}

/** Notes that an order's money went back, or is disputed, on the try that was paid. Safe to repeat. */
export async function markOrder(
  risk: PrismaClient,
  { merchantId, paymentOrderId }: { readonly merchantId: string; readonly paymentOrderId: string },
  what: 'refunded' | 'disputed',
): Promise<void> {
  const paid = await risk.riskAssessedOrder.findFirst({ where: { merchantId, paymentOrderId } });
  if (paid === null) return;
  const { checkoutId } = paid;
  const newest = await risk.riskAssessment.findFirst({ where: { merchantId, checkoutId }, orderBy: { round: 'desc' } });
  if (newest === null) return;
  await risk.riskAssessment.updateMany({
    where: { merchantId, checkoutId, round: newest.round },
    data: what === 'refunded' ? { refunded: true } : { disputed: true },
  });
}

export type AssessmentRecord = NonNullable<Awaited<ReturnType<typeof findAssessment>>>;

export const findAssessment = (risk: PrismaClient, { merchantId, checkoutId, round }: AssessmentKey) =>
  risk.riskAssessment.findFirst({ where: { merchantId, checkoutId, round } });

/** All tries at a checkout, the first one first. */
export const assessmentsOf = (risk: PrismaClient, merchantId: string, checkoutId: string) =>
  risk.riskAssessment.findMany({ where: { merchantId, checkoutId }, orderBy: { round: 'asc' }, take: 100 });

/** A place in the list of assessments. */
export interface AssessmentCursor {
  readonly assessedAt: Date;
  readonly checkoutId: string;
  readonly round: number;
}

/** A page of assessments, the newest first. */
export function listAssessments(
  risk: PrismaClient,
  merchantId: string,
  filter: { readonly decision?: RiskDecision | undefined; readonly waiting?: boolean | undefined },
  limit: number,
  after: AssessmentCursor | null,
) {
  return risk.riskAssessment.findMany({
    where: {
      merchantId,
      ...(filter.decision !== undefined && { decision: filter.decision }),
      ...(filter.waiting === true && { decision: 'review', verdict: null }),
      ...(after !== null && {
        OR: [
          { assessedAt: { lt: after.assessedAt } },
          { assessedAt: after.assessedAt, checkoutId: { lt: after.checkoutId } },
          { assessedAt: after.assessedAt, checkoutId: after.checkoutId, round: { lt: after.round } },
        ],
      }),
    },
    orderBy: [{ assessedAt: 'desc' }, { checkoutId: 'desc' }, { round: 'desc' }],
    take: limit,
  });
}

/** Adds a version to a merchant's rules. Those that judge from now on are the newest of their mode. */
export async function addRuleSet(
  risk: PrismaClient,
  merchantId: string,
  set: { readonly mode: 'live' | 'dry_run'; readonly definition: RiskRules } & RequestedBy,
): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    try {
      const rows = await risk.$queryRaw<{ version: number }[]>`
        INSERT INTO risk.rule_set (merchant_id, version, mode, definition, reason, created_by)
        SELECT ${merchantId}, coalesce(max(version), 0) + 1, ${set.mode}, ${JSON.stringify(set.definition)}::jsonb, ${set.reason}, ${set.actor}
        FROM risk.rule_set WHERE merchant_id = ${merchantId}
        RETURNING version`;
      return rows[0]?.version ?? 0;
    } catch (error) {
      // Somebody else's came between.
      if (sqlState(error) !== '23505' || tries >= 10) throw error;
    }
  }
}

/** A merchant's rules, the newest first. */
export const listRuleSets = (risk: PrismaClient, merchantId: string, limit: number, before: number | null) =>
  risk.riskRuleSet.findMany({
    where: { merchantId, ...(before !== null && { version: { lt: before } }) },
    orderBy: { version: 'desc' },
    take: limit,
  });

export type RuleSetRecord = Awaited<ReturnType<typeof listRuleSets>>[number];

/** The rules that judge now, and those that are tried beside them. */
export async function standingRules(risk: PrismaClient, merchantId: string) {
  const newest = (mode: 'live' | 'dry_run') =>
    risk.riskRuleSet.findFirst({ where: { merchantId, mode }, orderBy: { version: 'desc' } });
  return { live: await newest('live'), dryRun: await newest('dry_run') };
}

export interface NewListEntry extends RequestedBy {
  readonly list: 'allow' | 'block';
  readonly kind: ListedKind;
  readonly fingerprint: string;
  readonly shown: string;
  readonly expiresAt: Date | null;
}

/** Puts somebody on a list, or finds the entry that stands there already. */
export async function addListEntry(risk: PrismaClient, merchantId: string, entry: NewListEntry) {
  const fingerprint = Buffer.from(entry.fingerprint, 'hex');
  await risk.$executeRaw`
    INSERT INTO risk.list_entry (merchant_id, list, kind, fingerprint, shown, reason, created_by, expires_at)
    VALUES (${merchantId}, ${entry.list}, ${entry.kind}, ${fingerprint}::bytea, ${entry.shown}, ${entry.reason}, ${entry.actor}, ${entry.expiresAt}::timestamptz)
    ON CONFLICT (merchant_id, list, kind, fingerprint) WHERE removed_at IS NULL DO UPDATE SET expires_at = excluded.expires_at`;
  return risk.riskListEntry.findFirstOrThrow({
    where: { merchantId, list: entry.list, kind: entry.kind, fingerprint, removedAt: null },
  });
}

export type ListEntryRecord = Awaited<ReturnType<typeof addListEntry>>;

/** Takes an entry off its list; it stays on record. Answers nothing where there is no such entry. */
export async function removeListEntry(
  risk: PrismaClient,
  merchantId: string,
  entryId: bigint,
  by: RequestedBy,
): Promise<ListEntryRecord | null> {
  await risk.riskListEntry.updateMany({
    where: { merchantId, entryId, removedAt: null },
    data: { removedAt: new Date(), removedBy: by.actor, removedReason: by.reason },
  });
  return risk.riskListEntry.findFirst({ where: { merchantId, entryId } });
}

/** A page of entries, the newest first, also of those that were removed. */
export const listListEntries = (
  risk: PrismaClient,
  merchantId: string,
  filter: { readonly list?: 'allow' | 'block' | undefined; readonly kind?: ListedKind | undefined },
  limit: number,
  before: bigint | null,
) =>
  risk.riskListEntry.findMany({
    where: {
      merchantId,
      ...(filter.list !== undefined && { list: filter.list }),
      ...(filter.kind !== undefined && { kind: filter.kind }),
      ...(before !== null && { entryId: { lt: before } }),
    },
    orderBy: { entryId: 'desc' },
    take: limit,
  });
