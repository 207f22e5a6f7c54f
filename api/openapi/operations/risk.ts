import { z } from 'zod';
import { listedKinds, riskDecisions } from '../../../domain/risk';
import { assessmentCursor, wholeNumber } from '../../risk';
import { listEntryBody, removalBody, ruleSetBody } from '../../risk-body';
import { assessmentAnswer, assessmentsAnswer, listEntryAnswer, page, riskRulesAnswer, ruleSetAnswer } from '../answers';
import { paged, type Operation } from '../operation';

const number = z.string().regex(wholeNumber);

/** Judgement before money: rules, lists, and what was made of each try at paying. */
export const riskOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/risk/rules',
    id: 'getRiskRules',
    tag: 'Risk',
    summary: 'The rules that judge now, and those that are tried beside them',
    scope: 'risk:read',
    answers: { 200: riskRulesAnswer },
  },
  {
    method: 'get',
    path: '/v1/risk/rule_sets',
    id: 'listRiskRuleSets',
    tag: 'Risk',
    summary: 'All rules that there were, the newest first',
    scope: 'risk:read',
    query: z.object(paged(number)),
    answers: { 200: page(ruleSetAnswer) },
  },
  {
    method: 'post',
    path: '/v1/risk/rule_sets',
    id: 'createRiskRuleSet',
    tag: 'Risk',
    summary: 'Have tries judged by other rules from now on',
    description:
      'All rules at once, as a new version. `dry_run` rules are only written down beside what the live ones come to; newer live rules end them. What is judged already stays as it is.',
    scope: 'risk:write',
    body: ruleSetBody,
    example: {
      mode: 'live',
      reason: 'large first orders are looked at',
      rules: [
        {
          rule_id: 'large-first-order',
          when: [{ kind: 'first_time_buyer' }, { kind: 'amount', above: { EUR: '500' } }],
          action: 'review',
        },
      ],
      review: { within_minutes: 240, otherwise: 'block' },
    },
    answers: { 201: ruleSetAnswer },
  },
  {
    method: 'get',
    path: '/v1/risk/assessments',
    id: 'listRiskAssessments',
    tag: 'Risk',
    summary: 'What was made of tries at paying, and why, the newest first',
    scope: 'risk:read',
    query: z.object({
      ...paged(z.string().regex(assessmentCursor)),
      decision: z.enum(riskDecisions).optional(),
      waiting: z.enum(['true']).optional().meta({ description: 'Only those that wait for a person' }),
    }),
    answers: { 200: page(assessmentAnswer) },
  },
  {
    method: 'get',
    path: '/v1/risk/assessments/{id}',
    id: 'getRiskAssessments',
    tag: 'Risk',
    summary: 'What was made of each try at paying one checkout',
    description:
      'One that waits is decided by `POST /v1/ops/processes/{id}/approve` or `…/reject`, with `checkout:` and its id.',
    scope: 'risk:read',
    answers: { 200: assessmentsAnswer },
  },
  {
    method: 'get',
    path: '/v1/risk/list_entries',
    id: 'listRiskListEntries',
    tag: 'Risk',
    summary: 'Who is, or was, never or always let through',
    scope: 'risk:read',
    query: z.object({
      ...paged(number),
      list: z.enum(['allow', 'block']).optional(),
      kind: z.enum(listedKinds).optional(),
    }),
    answers: { 200: page(listEntryAnswer) },
  },
  {
    method: 'post',
    path: '/v1/risk/list_entries',
    id: 'createRiskListEntry',
    tag: 'Risk',
    summary: 'Never, or always, let somebody through',
    description: 'The block list comes before the allow list, and both before all rules. The value itself is not kept.',
    scope: 'risk:write',
    body: listEntryBody,
    example: { list: 'block', kind: 'email', value: 'mallory@example.com', reason: 'three chargebacks' },
    answers: { 201: listEntryAnswer },
  },
  {
    method: 'post',
    path: '/v1/risk/list_entries/{id}/remove',
    id: 'removeRiskListEntry',
    tag: 'Risk',
    summary: 'Take an entry off its list',
    scope: 'risk:write',
    idPattern: wholeNumber,
    body: removalBody,
    example: { reason: 'it was somebody else' },
    answers: { 200: listEntryAnswer },
  },
];
