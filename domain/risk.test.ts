import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toMinorUnits } from './money';
import {
  builtInRules,
  judge,
  needsOf,
  quietBelow,
  riskDecisions,
  riskMeasures,
  riskSources,
  riskSpans,
  stageOf,
  unprovenLimits,
  type PspSignal,
  type RiskCondition,
  type RiskFacts,
  type RiskMeasure,
  type RiskRule,
  type RiskRules,
} from './risk';

type SellerMeasure = Exclude<RiskMeasure, 'unproven'>;

const none: RiskFacts = {
  orders: [{ paymentOrderId: 'o-1', sellerAccount: 'ada', currency: 'EUR', amountMinor: 1_000n }],
  eachAlone: false,
  buyerCountry: null,
  cardCountry: null,
  counts: {},
  sellers: {},
  firstTime: null,
  lists: [],
  signals: [],
};

const zeroCounts = () => Object.fromEntries(riskMeasures.map((measure) => [measure, 0])) as Record<RiskMeasure, number>;
const everywhere = <Value>(value: (span: string) => Value) =>
  Object.fromEntries(riskSpans.map((span) => [span, value(span)])) as Record<(typeof riskSpans)[number], Value>;

/** Facts from a cell of the table in docs/risk.md. */
function factsOf(cell: string): RiskFacts {
  const facts = { ...none, counts: {}, sellers: {} } as Record<string, unknown> & RiskFacts;
  const counts = facts.counts as Record<string, Record<string, Record<string, number>>>;
  const seller = {
    days: 400,
    spans: everywhere((): Record<SellerMeasure, number> & { amounts: Record<string, string> } => ({
      ...zeroCounts(),
      amounts: {},
    })),
  };
  for (const [name = '', value = ''] of cell.split('; ').map((pair) => pair.split('='))) {
    const [subject = '', span = '', measure = ''] = name.split('.');
    const [amount = '', currency = ''] = value.split(' ');
    const set = (changes: Partial<RiskFacts>): void => void Object.assign(facts, changes);
    if ((riskSources as readonly string[]).includes(subject)) {
      const ofSource = (counts[subject] ??= everywhere(zeroCounts));
      const ofSpan = ofSource[span];
      if (ofSpan?.[measure] === undefined) throw new Error(`no such count: ${name}`);
      ofSpan[measure] = Number(value);
    } else if (name === 'seller.days') seller.days = Number(value);
    else if (subject === 'seller' && (riskMeasures as readonly string[]).includes(measure))
      seller.spans[span as '10m'][measure as SellerMeasure] = Number(value);
    else if (subject === 'seller')
      seller.spans[span as '10m'].amounts[measure] = toMinorUnits({ amount: value, currency: measure }).toString();
    else if (name === 'order')
      set({
        orders: [
          { paymentOrderId: 'o-1', sellerAccount: 'ada', currency, amountMinor: toMinorUnits({ amount, currency }) },
        ],
      });
    else if (name === 'first_time') set({ firstTime: value === 'yes' });
    else if (name === 'buyer_country') set({ buyerCountry: value });
    else if (name === 'card_country') set({ cardCountry: value });
    else if (name === 'signals') set({ signals: value === '' ? [] : [value as PspSignal] });
    else throw new Error(`unknown: ${name}`);
  }
  return { ...facts, sellers: { ada: seller } };
}

const alone = (condition: RiskCondition): RiskRules => ({ rules: [{ rule_id: 'r', when: [condition], score: 1 }] });
const stageOfCondition = (condition: RiskCondition) => stageOf({ rule_id: 'r', when: [condition] });

describe("conditions, by the examples in the docs' table", () => {
  const text = readFileSync(join(__dirname, '..', 'docs', 'risk.md'), 'utf8');
  const table = /<!-- conditions -->\n([\s\S]*?)\n<!-- \/conditions -->/.exec(text)?.[1] ?? '';
  const rows = table
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^`|`$/g, '')));

  it('has one for each kind of condition', () => {
    const kinds = new Set(rows.map((row) => (JSON.parse(row[1] ?? '') as RiskCondition).kind));
    expect([...kinds].sort()).toEqual([
      'amount',
      'country',
      'country_mismatch',
      'first_time_buyer',
      'psp_signal',
      'seller_exposure',
      'velocity',
    ]);
  });

  it.each(rows)('%s%s speaks for %s and not for %s', (_, json = '', speaks = '', silent = '', says = '') => {
    const condition = JSON.parse(json) as RiskCondition;
    const stage = stageOfCondition(condition);
    const spoke = judge(alone(condition), stage, factsOf(speaks));
    expect(spoke.findings.map((finding) => finding.says)).toEqual([says]);
    expect(spoke.score).toBe(1);
    expect(judge(alone(condition), stage, factsOf(silent)).findings).toEqual([]);
  });
});

describe('judging', () => {
  const first = { kind: 'first_time_buyer' } as const;
  const large = { kind: 'amount', above: { EUR: '5' } } as const;

  it('a rule speaks only when all of its conditions hold', () => {
    const rules: RiskRules = { rules: [{ rule_id: 'r', when: [first, large], action: 'block' }] };
    expect(judge(rules, 'buyer', { ...none, firstTime: true }).decision).toBe('block');
    expect(judge(rules, 'buyer', { ...none, firstTime: false }).decision).toBe('allow');
  });

  it('scores add up to what the thresholds say, and the severest counts', () => {
    const rules: RiskRules = {
      rules: [
        { rule_id: 'a', when: [first], score: 40 },
        { rule_id: 'b', when: [large], score: 40, action: 'challenge' },
      ],
      thresholds: { review: 80, block: 81 },
    };
    expect(judge(rules, 'buyer', { ...none, firstTime: false })).toMatchObject({ decision: 'challenge', score: 40 });
    expect(judge(rules, 'buyer', { ...none, firstTime: true })).toMatchObject({ decision: 'review', score: 80 });
  });

  it('a sum that was acted on at an earlier stage is not acted on again', () => {
    const rules: RiskRules = { rules: [], thresholds: { review: 50 } };
    expect(judge(rules, 'card', none, 50).decision).toBe('allow');
    const more: RiskRules = {
      rules: [{ rule_id: 'c', when: [{ kind: 'country_mismatch' }], score: 10 }],
      thresholds: { review: 50 },
    };
    const abroad = { ...none, buyerCountry: 'FR', cardCountry: 'US' };
    expect(judge(more, 'card', abroad, 40).decision).toBe('review');
    expect(judge(more, 'card', abroad, 50).decision).toBe('allow');
  });

  it('the block list comes before the allow list, and both before rules', () => {
    const rules: RiskRules = { rules: [{ rule_id: 'r', when: [large], action: 'review' }] };
    const allow = { list: 'allow', kind: 'buyer', shown: 'b-1', seller: null } as const;
    const block = { list: 'block', kind: 'ip', shown: '192.0.2.…', seller: null } as const;
    expect(judge(rules, 'buyer', { ...none, lists: [allow] }).decision).toBe('allow');
    expect(judge(rules, 'buyer', { ...none, lists: [allow, block] })).toMatchObject({
      decision: 'block',
      findings: [{ says: 'the ip 192.0.2.… is on the block list' }],
    });
  });

  it('a seller’s entry is about its own orders', () => {
    const order = (id: string, sellerAccount: string) => ({
      paymentOrderId: id,
      sellerAccount,
      currency: 'EUR',
      amountMinor: 1_000n,
    });
    const of = (list: 'allow' | 'block', seller: string) => ({ list, kind: 'seller', shown: seller, seller }) as const;
    const cart = { ...none, orders: [order('1', 'ada'), order('2', 'bob')], eachAlone: true };
    const perOrder: RiskRules = {
      rules: [
        {
          rule_id: 'r',
          when: [{ kind: 'seller_exposure', new_for_days: 30, within: '30d', above: { EUR: '5' } }],
          action: 'block',
        },
      ],
    };
    const newSeller = { days: 0, spans: everywhere(() => ({ ...zeroCounts(), amounts: {} })) };
    const sellers = { ada: newSeller, bob: newSeller };
    const nothing: RiskRules = { rules: [] };
    expect(judge(nothing, 'buyer', { ...cart, lists: [of('block', 'ada')] })).toMatchObject({
      decision: 'allow',
      refusedOrders: ['1'],
      findings: [{ rule_id: 'block-list', payment_order_id: '1' }],
    });
    expect(judge(nothing, 'buyer', { ...cart, eachAlone: false, lists: [of('block', 'ada')] }).decision).toBe('block');
    expect(judge(nothing, 'buyer', { ...cart, lists: [of('block', 'ada'), of('block', 'bob')] }).decision).toBe(
      'block',
    );
    // Allowed is who is named, and not who is in the same cart.
    expect(judge(perOrder, 'buyer', { ...cart, sellers, lists: [of('allow', 'ada')] })).toMatchObject({
      decision: 'allow',
      refusedOrders: ['2'],
    });
    expect(judge(perOrder, 'buyer', { ...cart, sellers, eachAlone: false, lists: [of('allow', 'ada')] }).decision).toBe(
      'block',
    );
    expect(
      judge(perOrder, 'buyer', { ...cart, sellers, lists: [of('allow', 'ada'), of('allow', 'bob')] }),
    ).toMatchObject({
      decision: 'allow',
      refusedOrders: [],
    });
  });

  it('rules about sellers speak for each order that they are about', () => {
    const rules: RiskRules = {
      rules: [
        {
          rule_id: 'new',
          when: [{ kind: 'seller_exposure', new_for_days: 30, within: '30d', above: { EUR: '10' } }],
          action: 'review',
        },
      ],
    };
    const spans = everywhere(() => ({ ...zeroCounts(), amounts: {} }));
    const order = (id: string, seller: string, amountMinor: bigint) => ({
      paymentOrderId: id,
      sellerAccount: seller,
      currency: 'EUR',
      amountMinor,
    });
    const facts: RiskFacts = {
      ...none,
      orders: [order('1', 'new', 600n), order('2', 'old', 9_000n), order('3', 'new', 600n)],
      sellers: { new: { days: 0, spans }, old: { days: 90, spans } },
    };
    expect(judge(rules, 'buyer', facts).findings.map((finding) => finding.payment_order_id)).toEqual(['1', '3']);
  });

  it('X3 no more than ten of a source are under way, and who waits for that waits behind nobody', () => {
    const at = (unproven: number) => judge(builtInRules, 'buyer', factsOf(`ip.10m.unproven=${String(unproven)}`));
    expect(at(9).decision).toBe('allow');
    expect(at(10)).toMatchObject({ decision: 'hold', holdSeconds: 2, holdBehind: [] });
    const limits = unprovenLimits(builtInRules.rules, (source) => source === 'ip');
    expect(limits).toEqual([{ per: 'ip', within: '10m', counts: 'unproven', at_least: 10 }]);
    // Where more than that has to be so, it is not known when others are counted.
    const [rule] = builtInRules.rules;
    const more: RiskRule = { rule_id: 'r', action: 'hold', when: [...(rule?.when ?? []), first] };
    expect(unprovenLimits([more], () => true)).toEqual([]);
  });

  it('an amount for every other currency is read by that currency', () => {
    const facts = (currency: string, amountMinor: bigint): RiskFacts => ({
      ...none,
      orders: [{ paymentOrderId: 'o', sellerAccount: 's', currency, amountMinor }],
    });
    const rules = alone({ kind: 'amount', above: { '*': '99.50' } });
    expect(judge(rules, 'buyer', facts('JPY', 99n)).score).toBe(0);
    expect(judge(rules, 'buyer', facts('JPY', 100n)).score).toBe(1);
    expect(judge(rules, 'buyer', facts('KWD', 99_501n)).score).toBe(1);
    expect(judge(rules, 'buyer', facts('CLF', 995_000n)).score).toBe(0);
  });

  it('a worse fact never makes a milder decision', () => {
    const rule = fc.record({
      score: fc.integer({ min: 0, max: 60 }),
      action: fc.constantFrom(...(['challenge', 'hold', 'review', 'block'] as const), undefined),
      least: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 6 }),
        fc.integer({ min: 0, max: 25 }),
        fc.integer({ min: 0, max: 25 }),
        (given, one, other) => {
          const rules: RiskRules = {
            rules: given.map(({ score, action, least }, index): RiskRule => ({
              rule_id: `r${String(index)}`,
              when: [{ kind: 'velocity', per: 'ip', counts: 'declines', within: '1h', at_least: least }],
              score,
              action,
            })),
            thresholds: { challenge: 30, review: 60, block: 90 },
          };
          const severity = (declines: number): number =>
            riskDecisions.indexOf(judge(rules, 'buyer', factsOf(`ip.1h.declines=${String(declines)}`)).decision);
          expect(severity(Math.max(one, other))).toBeGreaterThanOrEqual(severity(Math.min(one, other)));
        },
      ),
    );
  });

  it('X3 what is built in needs no more than the addresses, slows down at 5 declines and stops at 10', () => {
    expect(needsOf(builtInRules.rules)).toEqual({
      counted: ['ip', 'email'],
      sellers: false,
      sellerTries: false,
      firstTime: false,
    });
    const at = (declines: number) =>
      judge(builtInRules, 'buyer', factsOf(`ip.10m.declines=${String(declines)}; ip.1h.declines=${String(declines)}`));
    expect([4, 5, 9, 10].map((declines) => at(declines).decision)).toEqual(['allow', 'hold', 'hold', 'block']);
    expect(at(5)).toMatchObject({ holdSeconds: 5, holdBehind: ['ip'] });
    const flood = judge(builtInRules, 'buyer', factsOf('ip.10m.declines=5; ip.10m.attempts=50'));
    expect(flood.decision).toBe('block');
  });

  it('below its limits no rule speaks; where one goes by something else there are none', () => {
    const velocity = fc.record({
      kind: fc.constant('velocity' as const),
      per: fc.constantFrom(...(['buyer', 'email', 'ip'] as const)),
      counts: fc.constantFrom(...riskMeasures),
      within: fc.constantFrom(...riskSpans),
      at_least: fc.integer({ min: 1, max: 6 }),
    });
    const other = fc.constantFrom<RiskCondition>(first, large, { kind: 'country', of: 'buyer', in: ['FR'] });
    const rule = fc.record({
      rule_id: fc.uuid(),
      when: fc.array(fc.oneof({ weight: 4, arbitrary: velocity }, other), { minLength: 1, maxLength: 3 }),
      score: fc.integer({ min: 0, max: 100 }),
      action: fc.constantFrom(...(['challenge', 'hold', 'review', 'block'] as const), undefined),
    });
    const count = fc.integer({ min: 0, max: 6 });
    const counts = fc.record(
      Object.fromEntries(
        riskSpans.map((span) => [span, fc.record(Object.fromEntries(riskMeasures.map((one) => [one, count])))]),
      ),
    );
    const facts = fc.record({ buyer: counts, ip: counts }) as unknown as fc.Arbitrary<RiskFacts['counts']>;
    let quiet = 0;
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), facts, fc.integer({ min: 1, max: 100 }), (rules, known, least) => {
        const below = quietBelow(rules, (source) => source === 'buyer' || source === 'ip');
        if (below === undefined) {
          expect(rules.some(({ when }) => when.every(({ kind }) => kind !== 'velocity'))).toBe(true);
          return;
        }
        if (below.some((one) => (known[one.per]?.[one.within][one.counts] ?? 0) >= one.at_least)) return;
        quiet += 1;
        const judged = judge({ rules, thresholds: { challenge: least, review: least, block: least } }, 'buyer', {
          ...none,
          counts: known,
          firstTime: true,
          buyerCountry: 'FR',
        });
        expect(judged).toMatchObject({ decision: 'allow', score: 0, challenge: false, findings: [] });
      }),
      { numRuns: 500 },
    );
    expect(quiet).toBeGreaterThan(50);
    expect(quietBelow(builtInRules.rules, () => true)).toHaveLength(8);
    const bySeller: RiskCondition = { kind: 'velocity', per: 'seller', counts: 'attempts', within: '1h', at_least: 5 };
    expect(quietBelow(alone(bySeller).rules, () => true)).toBeUndefined();
  });
});
