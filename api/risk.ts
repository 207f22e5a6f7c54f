import express, { type Request, type Response, type Router } from 'express';
import { builtInRules, listedKinds, riskDecisions, type RiskRules } from '../domain/risk';
import {
  addListEntry,
  addRuleSet,
  assessmentsOf,
  listAssessments,
  listListEntries,
  listRuleSets,
  removeListEntry,
  standingRules,
  type AssessmentCursor,
  type AssessmentRecord,
  type ListEntryRecord,
  type RuleSetRecord,
} from '../prisma/risk';
import { fingerprintOf, shownOf } from '../providers/fingerprint';
import { callerWith } from './authentication';
import type { ApiDependencies } from './checkouts';
import { idOf, limitOf, listAnswer, pageOf, wordOf, wrongParameter } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { listEntryBody, removalBody, ruleSetBody } from './risk-body';

export const wholeNumber = /^\d{1,15}$/;
export const assessmentCursor = /^\d{1,15}~[A-Za-z0-9._-]{1,64}~\d{1,6}$/;

/** Judgement before money, for operators: the rules, who is on a list, and what was made of each try at paying, and why. */
export function riskRoutes(dependencies: ApiDependencies): Router {
  const { risk } = dependencies.databases;
  const router = express.Router();
  router.get('/rules', async (_request, response) => {
    const { merchantId } = callerWith('risk:read', response);
    const { live, dryRun } = await standingRules(risk, merchantId);
    // Rules on trial that are older than the live ones are over.
    const tried = dryRun !== null && dryRun.version > (live?.version ?? 0) ? renderRuleSet(dryRun) : null;
    response.json({ live: live === null ? builtIn : renderRuleSet(live), dry_run: tried });
  });
  router.get('/rule_sets', async (request, response) => {
    const { merchantId } = callerWith('risk:read', response);
    const { limit, after } = pageOf(request, wholeNumber);
    const found = await listRuleSets(risk, merchantId, limit + 1, after === null ? null : Number(after));
    response.json(listAnswer(found, limit, renderRuleSet, ({ version }) => String(version)));
  });
  router.post('/rule_sets', async (request, response) => {
    const { merchantId, actor } = callerWith('risk:write', response);
    const { mode, reason, ...definition } = readBody(request, ruleSetBody);
    const version = await addRuleSet(risk, merchantId, { mode, reason, actor, definition });
    const [made] = await listRuleSets(risk, merchantId, 1, version + 1);
    if (made === undefined) throw new Error(`rules ${String(version)} were stored and are not there`);
    response.status(201).json(renderRuleSet(made));
  });
  router.get('/assessments', (request, response) => getAssessments(dependencies, request, response));
  router.get('/assessments/:id', async (request, response) => {
    const { merchantId } = callerWith('risk:read', response);
    const found = await assessmentsOf(risk, merchantId, idOf(request));
    if (found.length === 0) throw new Problem('not-found', 'there is no such checkout, or it was not judged yet');
    response.json({ data: found.map(renderAssessment) });
  });
  router.get('/list_entries', async (request, response) => {
    const { merchantId } = callerWith('risk:read', response);
    const { limit, after } = pageOf(request, wholeNumber);
    const filter = { list: wordOf(request, 'list', ['allow', 'block']), kind: wordOf(request, 'kind', listedKinds) };
    const found = await listListEntries(risk, merchantId, filter, limit + 1, after === null ? null : BigInt(after));
    response.json(listAnswer(found, limit, renderEntry, ({ entryId }) => String(entryId)));
  });
  router.post('/list_entries', async (request, response) => {
    const { merchantId, actor } = callerWith('risk:write', response);
    const { list, kind, value, reason, expires_at: expiresAt } = readBody(request, listEntryBody);
    const entry = await addListEntry(risk, merchantId, {
      list,
      kind,
      fingerprint: fingerprintOf(dependencies.secretsKey, merchantId, kind, value),
      shown: shownOf(kind, value),
      reason,
      actor,
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
    });
    response.status(201).json(renderEntry(entry));
  });
  router.post('/list_entries/:id/remove', async (request, response) => {
    const { merchantId, actor } = callerWith('risk:write', response);
    const { reason } = readBody(request, removalBody);
    const entry = await removeListEntry(risk, merchantId, BigInt(idOf(request, wholeNumber)), { actor, reason });
    if (entry === null) throw new Problem('not-found', 'there is no such entry');
    response.json(renderEntry(entry));
  });
  return router;
}

async function getAssessments({ databases }: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId } = callerWith('risk:read', response);
  const limit = limitOf(request);
  const filter = {
    decision: wordOf(request, 'decision', riskDecisions),
    waiting: wordOf(request, 'waiting', ['true']) === 'true',
  };
  const found = await listAssessments(databases.risk, merchantId, filter, limit + 1, cursorOf(request));
  response.json(
    listAnswer(
      found,
      limit,
      renderAssessment,
      (one) => `${String(one.assessedAt.getTime())}~${one.checkoutId}~${String(one.round)}`,
    ),
  );
}

function cursorOf(request: Request): AssessmentCursor | null {
  const given = request.query['after'];
  if (given === undefined) return null;
  if (typeof given !== 'string' || !assessmentCursor.test(given))
    throw wrongParameter('after', 'must be a next_cursor of an earlier answer');
  const [time = '', checkoutId = '', round = ''] = given.split('~');
  return { assessedAt: new Date(Number(time)), checkoutId, round: Number(round) };
}

const definitionOf = ({ rules, thresholds, review }: RiskRules) => ({
  rules,
  thresholds: thresholds ?? null,
  review: review ?? null,
});

const builtIn = {
  version: 0,
  mode: 'live',
  ...definitionOf(builtInRules),
  reason: 'built in: what holds where a merchant has no rules of its own',
  created_by: null,
  created_at: null,
};

const renderRuleSet = (set: RuleSetRecord) => ({
  version: set.version,
  mode: set.mode,
  ...definitionOf(set.definition as unknown as RiskRules),
  reason: set.reason,
  created_by: set.createdBy,
  created_at: set.createdAt.toISOString(),
});

const renderAssessment = (one: AssessmentRecord) => ({
  checkout_id: one.checkoutId,
  payment_attempt: one.round,
  buyer_account: one.buyerId,
  assessed_at: one.assessedAt.toISOString(),
  rules_version: one.rulesVersion,
  decision: one.decision,
  score: one.score,
  findings: one.findings,
  waits_until: one.waitUntil?.toISOString() ?? null,
  otherwise: one.otherwise,
  verdict: one.verdict,
  verdict_by: one.verdictBy,
  verdict_reason: one.verdictReason,
  psp_signals: one.signals ?? [],
  dry_run:
    one.dryVersion === null
      ? null
      : { rules_version: one.dryVersion, decision: one.dryDecision, findings: one.dryFindings },
  declined: one.declined,
  refunded: one.refunded,
  disputed: one.disputed,
});

const renderEntry = (entry: ListEntryRecord) => ({
  entry_id: String(entry.entryId),
  list: entry.list,
  kind: entry.kind,
  shown: entry.shown,
  reason: entry.reason,
  created_by: entry.createdBy,
  created_at: entry.createdAt.toISOString(),
  expires_at: entry.expiresAt?.toISOString() ?? null,
  removed_at: entry.removedAt?.toISOString() ?? null,
  removed_by: entry.removedBy,
  removed_reason: entry.removedReason,
});
