import type { PrismaClient } from './database';

export const proposalKinds = ['adjustment', 'write_off', 'period_close'] as const;
export type ProposalKind = (typeof proposalKinds)[number];
export const proposalStates = ['proposed', 'approved', 'rejected', 'done', 'failed'] as const;
export type ProposalState = (typeof proposalStates)[number];

/** Something to be done to the book by hand: one person proposes it, another decides. */
export interface ProposalRecord {
  readonly merchantId: string;
  readonly proposalId: string;
  readonly kind: string;
  readonly details: unknown;
  readonly reason: string;
  readonly proposedBy: string;
  readonly state: string;
  readonly decidedBy: string | null;
  readonly decidedWhy: string | null;
  readonly problem: string | null;
  readonly proposedAt: Date;
  readonly decidedAt: Date | null;
  readonly doneAt: Date | null;
}

export interface ProposalKey {
  readonly merchantId: string;
  readonly proposalId: string;
}

/** Stores a proposal; the same id again changes nothing. */
export async function createProposal(
  ledger: PrismaClient,
  proposal: ProposalKey & { kind: ProposalKind; details: object; reason: string; proposedBy: string },
): Promise<void> {
  await ledger.$executeRaw`
    INSERT INTO ledger.proposal (merchant_id, proposal_id, kind, details, reason, proposed_by)
    VALUES (${proposal.merchantId}, ${proposal.proposalId}, ${proposal.kind}, ${JSON.stringify(proposal.details)}::jsonb,
            ${proposal.reason}, ${proposal.proposedBy})
    ON CONFLICT DO NOTHING`;
}

export async function findProposal(ledger: PrismaClient, key: ProposalKey): Promise<ProposalRecord | undefined> {
  const { merchantId, proposalId } = key;
  return (await ledger.proposal.findFirst({ where: { merchantId, proposalId } })) ?? undefined;
}

/** A page of proposals, the newest first. `after` is the last one of the page before. */
export async function listProposals(
  ledger: PrismaClient,
  merchantId: string,
  state: ProposalState | undefined,
  limit: number,
  after: string | null,
): Promise<ProposalRecord[]> {
  return ledger.proposal.findMany({
    where: { merchantId, ...(state !== undefined && { state }) },
    orderBy: [{ proposedAt: 'desc' }, { proposalId: 'desc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_proposalId: { merchantId, proposalId: after } }, skip: 1 }),
  });
}

/** A second person's word. Answers false when it isn't open any more, or the proposer approves what is their own. */
export async function decideProposal(
  ledger: PrismaClient,
  key: ProposalKey,
  decision: { state: 'approved' | 'rejected'; by: string; why: string },
): Promise<boolean> {
  const changed = await ledger.$executeRaw`
    UPDATE ledger.proposal SET state = ${decision.state}, decided_by = ${decision.by}, decided_why = ${decision.why}, decided_at = now()
    WHERE merchant_id = ${key.merchantId} AND proposal_id = ${key.proposalId} AND state = 'proposed'
      AND (proposed_by <> ${decision.by} OR ${decision.state} = 'rejected')`;
  return changed > 0;
}

/** Writes what became of an approved proposal. Safe to repeat. */
export async function finishProposal(ledger: PrismaClient, key: ProposalKey, problem: string | null): Promise<void> {
  await ledger.$executeRaw`
    UPDATE ledger.proposal SET state = CASE WHEN ${problem}::text IS NULL THEN 'done' ELSE 'failed' END, problem = ${problem}::text, done_at = now()
    WHERE merchant_id = ${key.merchantId} AND proposal_id = ${key.proposalId} AND state = 'approved'`;
}

/** Approved proposals that nobody has carried out, the longest waiting first; each is given a minute. */
export async function claimProposals(ledger: PrismaClient, limit: number): Promise<ProposalKey[]> {
  return ledger.$queryRaw`
    UPDATE ledger.proposal AS p SET sweep_after = now() + interval '1 minute'
    FROM (SELECT merchant_id, proposal_id FROM ledger.proposal WHERE state = 'approved' AND sweep_after <= now()
          ORDER BY sweep_after LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS due
    WHERE p.merchant_id = due.merchant_id AND p.proposal_id = due.proposal_id
    RETURNING p.merchant_id AS "merchantId", p.proposal_id AS "proposalId"`;
}

/** Closes a book up to a moment that is over: nothing can be dated before it any more (L9). Answers whether it was new. */
export async function closePeriod(
  ledger: PrismaClient,
  merchantId: string,
  close: { through: Date; proposedBy: string; closedBy: string; reason: string },
): Promise<boolean> {
  const rows = await ledger.$queryRaw<{ closed: boolean }[]>`
    SELECT ledger.close_period(${merchantId}, ${close.through}::timestamptz, ${close.proposedBy}, ${close.closedBy}, ${close.reason}) AS closed`;
  return rows[0]?.closed ?? false;
}

export async function closedThrough(ledger: PrismaClient, merchantId: string): Promise<Date | null> {
  const last = await ledger.periodClose.findFirst({ where: { merchantId }, orderBy: { closedThrough: 'desc' } });
  return last?.closedThrough ?? null;
}
