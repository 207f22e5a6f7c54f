import { z } from 'zod';
import { identifierPattern } from '../domain/identifiers';
import { isCurrency } from '../domain/money';
import { listedKinds, pspSignals, riskActions, riskMeasures, riskSources, riskSpans } from '../domain/risk';

const mostRules = 100;
const reason = z.string().min(1).max(500);
const identifier = z.string().regex(identifierPattern, 'must be 1 to 64 characters of A-Z, a-z, 0-9, ".", "_" and "-"');
const country = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 code of two capital letters');
const above = z
  .record(
    z
      .string()
      .refine((code) => code === '*' || isCurrency(code), 'must be an ISO 4217 code, or "*" for every other currency')
      .meta({ pattern: '^([A-Z]{3}|\\*)$' }),
    z.string().regex(/^(0|[1-9]\d{0,12})(\.\d{1,4})?$/, 'must be a decimal in major units, such as "500"'),
  )
  .refine((limits) => Object.keys(limits).length > 0, 'must name at least one currency');

const condition = z.discriminatedUnion(
  'kind',
  [
    z
      .strictObject({
        kind: z.literal('velocity'),
        per: z.enum([...riskSources, 'seller']),
        counts: z.enum(riskMeasures),
        within: z.enum(riskSpans),
        at_least: z.int().min(1).max(1_000),
      })
      .refine(({ per, counts }) => per !== 'seller' || counts !== 'unproven', {
        path: ['counts'],
        error: 'must not be "unproven" where it is per seller',
      })
      .refine(({ per, counts }) => per !== 'card' || counts !== 'cards', {
        path: ['counts'],
        error: 'must not be "cards" where it is per card: that is one',
      }),
    z.strictObject({ kind: z.literal('amount'), above }),
    z.strictObject({ kind: z.literal('first_time_buyer') }),
    z.strictObject({ kind: z.literal('country_mismatch') }),
    z.strictObject({
      kind: z.literal('country'),
      of: z.enum(['buyer', 'card']),
      in: z.array(country).min(1).max(300),
    }),
    z.strictObject({
      kind: z.literal('seller_exposure'),
      new_for_days: z.int().min(1).max(365),
      within: z.enum(riskSpans),
      above,
    }),
    z.strictObject({ kind: z.literal('psp_signal'), signal: z.enum(pspSignals) }),
  ],
  'must have a kind: velocity, amount, first_time_buyer, country_mismatch, country, seller_exposure or psp_signal',
);

const rule = z
  .strictObject({
    rule_id: identifier,
    when: z.array(condition).min(1, 'must have at least one condition').max(10),
    score: z.int().min(0).max(1_000).optional(),
    action: z.enum(riskActions).optional(),
    hold_seconds: z.int().min(1).max(3_600).optional(),
  })
  .refine(({ score = 0, action }) => score > 0 || action !== undefined, {
    path: ['score'],
    error: 'or action is needed: the rule would do nothing',
  })
  .refine(({ action, hold_seconds: seconds }) => seconds === undefined || action === 'hold', {
    path: ['hold_seconds'],
    error: 'must be left out unless the action is "hold"',
  })
  .refine(
    ({ action, when }) => action === undefined || action === 'block' || !when.some(({ kind }) => kind === 'psp_signal'),
    { path: ['action'], error: 'must be "block" with a psp_signal: the payment is made by then, and can only go back' },
  );

const threshold = z.int().min(1).max(100_000).optional();

/** The body of `POST /v1/risk/rule_sets`. */
export const ruleSetBody = z.strictObject({
  mode: z.enum(['live', 'dry_run']),
  reason,
  rules: z
    .array(rule)
    .max(mostRules)
    .superRefine((rules, context) => {
      const seen = new Set<string>();
      rules.forEach(({ rule_id: id }, index) => {
        if (seen.has(id)) context.addIssue({ code: 'custom', path: [index, 'rule_id'], message: 'must not repeat' });
        seen.add(id);
      });
    }),
  thresholds: z.strictObject({ challenge: threshold, review: threshold, block: threshold }).optional(),
  review: z
    .strictObject({
      within_minutes: z.int().min(1).max(10_080).optional(),
      otherwise: z.enum(['allow', 'block']).optional(),
    })
    .optional(),
});

/** The body of `POST /v1/risk/list_entries`. */
export const listEntryBody = z
  .strictObject({
    list: z.enum(['allow', 'block']),
    kind: z.enum(listedKinds),
    value: z.string().min(1).max(254),
    reason,
    expires_at: z.iso.datetime({ offset: true, error: 'must be a time such as "2027-01-31T00:00:00Z"' }).optional(),
  })
  .superRefine(({ kind, value }, context) => {
    const shapes = {
      buyer: [identifier, 'must be the id of a buyer'],
      seller: [identifier, 'must be the id of a seller'],
      email: [z.email(), 'must be an e-mail address'],
      ip: [z.union([z.ipv4(), z.ipv6()]), 'must be an IPv4 or IPv6 address'],
      card: [z.string().regex(/^[A-Za-z0-9]{6,64}$/), "must be the PSP's fingerprint of a card"],
    } as const;
    const [shape, message] = shapes[kind];
    if (!shape.safeParse(value).success) context.addIssue({ code: 'custom', path: ['value'], message });
  });

/** The body of `POST /v1/risk/list_entries/{id}/remove`. */
export const removalBody = z.strictObject({ reason });
