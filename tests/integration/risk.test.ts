import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createActivities } from '../../activities';
import { builtInRules } from '../../domain/risk';
import { letThrough, lookAtTry, markEnded, markDeclined, type RiskTry } from '../../prisma/risk';
import { fingerprintOf } from '../../providers/fingerprint';
import { submitCard } from '../support/payment-page';
import {
  checkoutBody,
  opsKey,
  otherKey,
  otherOpsKey,
  secretsKey,
  TestStack,
  unique,
  type Answer,
  type CheckoutView,
  type Problem,
} from '../support/stack';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterAll(() => stack.stop());

interface Finding {
  readonly rule_id: string;
  readonly says: string;
  readonly payment_order_id: string | null;
}
interface Assessment {
  readonly checkout_id: string;
  readonly payment_attempt: number;
  readonly rules_version: number | null;
  readonly decision: string | null;
  readonly score: number;
  readonly findings: readonly Finding[];
  readonly waits_until: string | null;
  readonly verdict: string | null;
  readonly verdict_by: string | null;
  readonly psp_signals: readonly string[];
  readonly dry_run: { readonly rules_version: number; readonly decision: string; readonly findings: Finding[] } | null;
  readonly declined: boolean;
  readonly refunded: boolean;
  readonly disputed: boolean;
}
interface RuleSet {
  readonly version: number;
  readonly mode: string;
  readonly rules: readonly { readonly rule_id: string }[];
}
interface Entry {
  readonly entry_id: string;
  readonly shown: string;
  readonly removed_by: string | null;
}

const ops = { Authorization: `Bearer ${opsKey}` };
const rules = async (wanted: object[], more: object = {}): Promise<number> => {
  const body = { mode: 'live', reason: 'a test', rules: wanted, ...more };
  const { status, body: made } = await stack.call<RuleSet>('POST', '/v1/risk/rule_sets', body, ops);
  if (status !== 201) throw new Error(JSON.stringify(made));
  return made.version;
};
const assessments = async (checkoutId: string): Promise<readonly Assessment[]> =>
  (await stack.call<{ data: readonly Assessment[] }>('GET', `/v1/risk/assessments/${checkoutId}`, undefined, ops)).body
    .data;
const assessment = async (checkoutId: string): Promise<Assessment> => {
  const found = (await assessments(checkoutId)).at(-1);
  if (found === undefined) throw new Error(`${checkoutId} was not judged`);
  return found;
};
const list = (entry: object): Promise<Answer<Entry>> =>
  stack.call<Entry>('POST', '/v1/risk/list_entries', { reason: 'a test', ...entry }, ops);
const tell = (checkoutId: string, verb: 'approve' | 'reject'): Promise<Answer<{ message: string }>> =>
  stack.call('POST', `/v1/ops/processes/checkout:${checkoutId}/${verb}`, { reason: 'looked at it' }, ops);

type Body = ReturnType<typeof checkoutBody>;
interface Wish {
  readonly card?: string | null;
  readonly buyer?: object;
  readonly sellers?: readonly string[];
  readonly amount?: string;
  readonly more?: object;
}
function bodyOf({ card = 'pm_card_visa', buyer = {}, sellers, amount = '20.00', more = {} }: Wish = {}): Body {
  const body = checkoutBody({});
  const orders = (sellers ?? [unique('s')]).map((seller) => ({
    payment_order_id: unique('o'),
    seller_account: seller,
    amount,
    currency: 'EUR',
  }));
  return {
    checkout_id: body.checkout_id,
    buyer_info: { id: unique('b'), ...buyer },
    ...(card !== null && { credit_card_info: { payment_method: card } }),
    payment_orders: orders,
    ...more,
  } as unknown as Body;
}
const pay = async (wish: Wish = {}): Promise<CheckoutView> =>
  (await stack.post(bodyOf(wish), { Prefer: 'wait=30' })).body;
/** Posts a checkout and waits until its try waits for a person. */
async function reviewed(wish: Wish = {}): Promise<Body> {
  const body = bodyOf(wish);
  await stack.post(body);
  await stack.eventually(async () => {
    const found = (await assessments(body.checkout_id).catch(() => undefined))?.at(-1);
    return found?.decision === 'review' ? undefined : `it stands at ${String(found?.decision)}`;
  });
  return body;
}
const sentFor = async ({ payment_orders: orders }: Body | CheckoutView): Promise<number> =>
  (await Promise.all(orders.map((order) => stack.journal(order.payment_order_id)))).flat().length;
const asProblem = (body: unknown): Problem => body as Problem;
const failures = (checkout: CheckoutView) => checkout.payment_orders.map((order) => order.failure_reason);

afterEach(async () => {
  await rules([]);
});

describe('X3 card testing', () => {
  it('is slowed down, then stopped at a stated number, and others pay on', async () => {
    await rules([
      {
        rule_id: 'slow',
        when: [{ kind: 'velocity', per: 'ip', counts: 'declines', within: '10m', at_least: 3 }],
        action: 'hold',
        hold_seconds: 1,
      },
      {
        rule_id: 'stop',
        when: [{ kind: 'velocity', per: 'ip', counts: 'declines', within: '1h', at_least: 6 }],
        action: 'block',
      },
    ]);
    const ip = '198.51.100.7';
    const decisions: (string | null)[] = [];
    const reasons: (string | null | undefined)[] = [];
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const checkout = await pay({ card: 'pm_card_chargeDeclined', buyer: { ip } });
      decisions.push((await assessment(checkout.checkout_id)).decision);
      reasons.push(failures(checkout)[0]);
      // A real buyer, from another address, and one of the same name from nowhere.
      if (attempt % 3 === 0)
        expect(await pay({ buyer: { ip: '203.0.113.9' } })).toMatchObject({ is_payment_done: true });
    }
    expect(decisions).toEqual([
      ...Array<string>(3).fill('allow'),
      ...Array<string>(3).fill('hold'),
      ...Array<string>(4).fill('block'),
    ]);
    expect(reasons).toEqual([...Array<string>(6).fill('declined'), ...Array<string>(4).fill('blocked_by_risk')]);
    expect(await pay({ buyer: { ip: '203.0.113.9' } })).toMatchObject({ is_payment_done: true });
    expect(await pay({ buyer: { ip } })).toMatchObject({ is_payment_done: false });
  }, 120_000);

  it('who fires without waiting for answers has no more under way than the limit, and gets no further', async () => {
    await rules([...builtInRules.rules]);
    const ip = '198.51.100.8';
    // While these are answered late, others of the same address are held, and held again.
    await stack.fault({ kind: 'slow', delay_ms: 4_000, times: 10 });
    const attack = Array.from({ length: 60 }, () => bodyOf({ card: 'pm_card_chargeCustomerFail', buyer: { ip } }));
    const real = Array.from({ length: 5 }, (_, index) => bodyOf({ buyer: { ip: `203.0.113.${String(20 + index)}` } }));
    await Promise.all(attack.map((body) => stack.post(body)));
    await Promise.all(real.map((body) => stack.post(body)));
    const came: (string | null | undefined)[] = [];
    for (const body of attack) came.push(failures(await stack.final(body.checkout_id))[0]);
    expect(came.filter((reason) => reason === 'declined')).toHaveLength(10);
    expect(came.filter((reason) => reason === 'blocked_by_risk')).toHaveLength(50);
    for (const body of real) expect(await stack.final(body.checkout_id)).toMatchObject({ is_payment_done: true });
  }, 120_000);

  it('many good payments of one address at once are let through as they are answered', async () => {
    await rules([...builtInRules.rules]);
    const email = `${unique('office')}@example.com`;
    const bodies = Array.from({ length: 30 }, () => bodyOf({ buyer: { email } }));
    await stack.fault({ kind: 'slow', delay_ms: 1_500, times: 10 });
    await Promise.all(bodies.map((body) => stack.post(body)));
    for (const body of bodies) expect(await stack.final(body.checkout_id)).toMatchObject({ is_payment_done: true });
    const decisions = await Promise.all(bodies.map(async (body) => (await assessment(body.checkout_id)).decision));
    const held = bodies.filter((_, index) => decisions[index] === 'hold');
    expect(held.length).toBeGreaterThanOrEqual(10);
    expect(held.length).toBeLessThanOrEqual(20);
    expect((await assessment(held[0]?.checkout_id ?? '')).findings.map((finding) => finding.says)).toEqual([
      '10 attempts without a good end of this e-mail address within 10 minutes, 10 are enough',
    ]);
  }, 120_000);

  it('another address in the same /64 is the same source, another /64 is not', () => {
    const of = (ip: string): string => fingerprintOf(secretsKey, 'default', 'ip', ip);
    expect(of('2001:db8:1:2::1')).toBe(of('2001:db8:1:2:ffff::9'));
    expect(of('2001:db8:1:2::1')).not.toBe(of('2001:db8:1:3::1'));
    expect(of('::ffff:192.0.2.1')).toBe(of('192.0.2.1'));
    expect(fingerprintOf(secretsKey, 'other', 'ip', '192.0.2.1')).not.toBe(of('192.0.2.1'));
  });
});

describe('a try of which nothing is out of the ordinary', () => {
  const below = [{ per: 'ip', within: '1h', counts: 'declines', at_least: 2 }] as const;
  const quiet = { stage: 'buyer', version: 0, below } as const;
  const none = { counted: ['ip'], sellers: false, sellerTries: false, firstTime: false } as const;
  const tried = (checkoutId: string, ip: string, round = 1): RiskTry => ({
    merchantId: 'default',
    checkoutId,
    round,
    buyerId: 'b',
    email: null,
    ip,
    card: null,
    buyerCountry: null,
    cardCountry: null,
    orders: [{ paymentOrderId: `${checkoutId}-1`, sellerAccount: 's', currency: 'EUR', amountMinor: 1_000n }],
    listed: [{ kind: 'ip', fingerprint: ip }],
  });
  const look = async (one: RiskTry) => {
    const found = await lookAtTry(stack.databases.risk, one, none, versions, quiet);
    if (found.rules !== undefined) throw new Error('the rules are others by now');
    return found.standing;
  };
  let versions = { live: 0, dryRun: 0 };
  beforeEach(async () => {
    const { rows } = await stack.owner.query<{ live: number; dryRun: number }>(
      `SELECT coalesce(max(version) FILTER (WHERE mode = 'live'), 0) AS live, coalesce(max(version) FILTER (WHERE mode = 'dry_run'), 0) AS "dryRun"
       FROM risk.rule_set WHERE merchant_id = 'default'`,
    );
    versions = rows[0] ?? versions;
  });
  const address = (): string => randomBytes(32).toString('hex');

  it('is judged by the look at it, up to the limit, and as it was when it is looked at again', async () => {
    const ip = address();
    const checkouts = [unique('c'), unique('c'), unique('c')] as const;
    for (const checkoutId of checkouts.slice(0, 2)) {
      for (let times = 0; times < 2; times += 1)
        expect(await look(tried(checkoutId, ip))).toMatchObject({ stage: 'buyer', decision: 'allow', findings: [] });
      await markDeclined(stack.databases.risk, { merchantId: 'default', checkoutId, round: 1 });
    }
    expect(await look(tried(checkouts[2], ip))).toMatchObject({ stage: 'none', decision: null });
    // What was not judged then is not judged by looking again, whatever has come of the others.
    await stack.owner.query('UPDATE risk.assessment SET declined = false WHERE checkout_id = ANY($1)', [checkouts]);
    expect(await look(tried(checkouts[2], ip))).toMatchObject({ stage: 'none', decision: null });
  });

  it('X3 counts those before it, also who is just being let through', async () => {
    const [ip, { risk }] = [address(), stack.databases];
    const below = [{ per: 'ip', within: '10m', counts: 'unproven', at_least: 1 }] as const;
    const [before, after] = [tried(unique('c'), ip), tried(unique('c'), ip)];
    const other = new pg.Client({ connectionString: stack.ownerUrl });
    await other.connect();
    try {
      await other.query('BEGIN');
      const row = { merchant_id: 'default', checkout_id: before.checkoutId, round: 1, buyer_id: 'b', ip, orders: [] };
      await other.query('SELECT risk.look($1)', [
        {
          ...row,
          ...{ listed: [], counted: ['ip'], sellers: false, first_time: false },
          ...{ live_version: versions.live, dry_version: versions.dryRun },
          quiet: { stage: 'buyer', version: 0, below },
        },
      ]);
      const second = lookAtTry(risk, after, none, versions, { stage: 'buyer', version: 0, below });
      expect(await Promise.race([second, pause(300, 'it waits')])).toBe('it waits');
      await other.query('COMMIT');
      expect(await second).toMatchObject({ standing: { isThrough: false, decision: null } });
      expect(await letThrough(risk, after, below, 2)).toBe(false);
      expect(await letThrough(risk, before, below, 2)).toBe(true);
    } finally {
      await other.end();
    }
  });

  it('X3 of many that come at once no more than the limit are let through, and as many more as have gone well', async () => {
    const [ip, { risk }] = [address(), stack.databases];
    const limits = [{ per: 'ip', within: '10m', counts: 'unproven', at_least: 5 }] as const;
    const tries = Array.from({ length: 40 }, () => tried(unique('c'), ip));
    const looks = await Promise.all(
      tries.map((one) => lookAtTry(risk, one, none, versions, { stage: 'buyer', version: 0, below: limits })),
    );
    const first = tries.filter((_, index) => looks[index]?.rules === undefined && looks[index]?.standing.isThrough);
    expect(first).toHaveLength(5);
    const others = tries.filter((one) => !first.includes(one));
    const through = async (): Promise<number> => {
      const answers = await Promise.all(others.map((one) => letThrough(risk, one, limits, 2)));
      return answers.filter(Boolean).length;
    };
    expect(await through()).toBe(0);
    // A decline makes no room; one that is over otherwise makes room for another, one that went well for itself and another.
    await markDeclined(risk, { merchantId: 'default', checkoutId: first[0]?.checkoutId ?? '', round: 1 });
    expect(await through()).toBe(0);
    await markEnded(
      risk,
      'default',
      first.slice(1).map(({ checkoutId, round }, index) => ({ checkoutId, round, wentWell: index > 0 })),
    );
    expect(await through()).toBe(7);
    expect(await through()).toBe(7);
  });

  it('is not one that a list names', async () => {
    const ip = address();
    await stack.owner.query(
      `INSERT INTO risk.list_entry (merchant_id, list, kind, fingerprint, shown, reason, created_by)
       VALUES ('default', 'block', 'ip', decode($1, 'hex'), '…', 'a test', 'a test')`,
      [ip],
    );
    expect(await look(tried(unique('c'), ip))).toMatchObject({ stage: 'none', decision: null });
  });

  it('counts what its seller is to get, also where an earlier card was refused', async () => {
    const [ip, checkoutId] = [address(), unique('c')];
    await look(tried(checkoutId, ip));
    await markDeclined(stack.databases.risk, { merchantId: 'default', checkoutId, round: 1 }, `${checkoutId}-1`);
    const refused = async (): Promise<unknown> =>
      (await stack.owner.query('SELECT refused FROM risk.assessed_order WHERE checkout_id = $1', [checkoutId])).rows;
    expect(await refused()).toEqual([{ refused: true }]);
    expect(await look(tried(checkoutId, ip, 2))).toMatchObject({ stage: 'buyer', decision: 'allow' });
    expect(await refused()).toEqual([{ refused: false }]);
  });
});

describe('each decision', () => {
  it('block: FAILED with the reason, and the PSP has not heard of it', async () => {
    await rules([{ rule_id: 'all', when: [{ kind: 'first_time_buyer' }], action: 'block' }]);
    for (const sellers of [['a'], ['a', 'b']]) {
      const checkout = await pay({ sellers });
      expect(checkout.checkout_status).toBe('failed');
      expect(new Set(failures(checkout))).toEqual(new Set(['blocked_by_risk']));
      expect(await sentFor(checkout)).toBe(0);
      // Nothing tells the buyer which rule it was.
      expect(JSON.stringify(checkout)).not.toContain('first');
    }
  });

  it('block: another card is no way around it', async () => {
    await rules([{ rule_id: 'all', when: [{ kind: 'first_time_buyer' }], action: 'block' }]);
    const { checkout_id: id } = await pay();
    const answer = await stack.call('POST', `/v1/checkouts/${id}/payment_method`, {
      credit_card_info: { payment_method: 'pm_card_visa' },
    });
    expect(answer.status).toBe(409);
  });

  it('challenge: a card that would pay without is challenged, for one order and for several', async () => {
    const card = 'pm_card_threeDSecureOptional';
    expect(await pay({ card })).toMatchObject({ is_payment_done: true });
    await rules([{ rule_id: 'all', when: [{ kind: 'first_time_buyer' }], score: 10 }], {
      thresholds: { challenge: 10 },
    });
    for (const sellers of [['a'], ['a', 'b']]) {
      const body = bodyOf({ card, sellers });
      await stack.post(body);
      const checkout = await stack.until(body.checkout_id, ({ payment_orders: orders }) =>
        orders.some((order) => order.phase === 'requires_action'),
      );
      expect(checkout.next_action?.redirect_url).toContain('/c/authenticate/');
      await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`, { reason: 'enough' });
      await stack.final(body.checkout_id);
    }
  });

  it('review: nothing is sent until a person approves, who is on record', async () => {
    await rules([{ rule_id: 'large', when: [{ kind: 'amount', above: { EUR: '50' } }], action: 'review' }]);
    for (const sellers of [['a'], ['a', 'b']]) {
      const body = await reviewed({ amount: '60.00', sellers });
      expect(await sentFor(body)).toBe(0);
      const { body: standing } = await stack.call<{ phase: string; says: string; verbs: string[] }>(
        'GET',
        `/v1/ops/processes/checkout:${body.checkout_id}`,
        undefined,
        ops,
      );
      expect(standing).toMatchObject({ phase: 'in_review', verbs: ['approve', 'reject'] });
      expect(standing.says).toContain('are more than 50.00 EUR');
      const waiting = await stack.call<{ data: Assessment[] }>(
        'GET',
        '/v1/risk/assessments?waiting=true',
        undefined,
        ops,
      );
      expect(waiting.body.data.map((one) => one.checkout_id)).toContain(body.checkout_id);
      await stack.found(`CheckoutId = "${body.checkout_id}" AND Phase = "in_review" AND NeedsAttention = true`, 1);

      expect(await tell(body.checkout_id, 'approve')).toMatchObject({ status: 200 });
      expect(await stack.final(body.checkout_id)).toMatchObject({ is_payment_done: true });
      expect(await assessment(body.checkout_id)).toMatchObject({
        verdict: 'approved',
        verdict_by: expect.stringContaining('api-key'),
      });
      const actions = await stack.call<{ data: { action: string; process_id: string; reason: string }[] }>(
        'GET',
        `/v1/ops/actions?payment_order_id=${body.payment_orders[0]?.payment_order_id ?? ''}`,
        undefined,
        ops,
      );
      expect(actions.body.data).toMatchObject([{ action: 'approve', reason: 'looked at it' }]);
      // It is decided: there is nothing to say any more.
      expect((await tell(body.checkout_id, 'reject')).status).toBe(409);
    }
  }, 120_000);

  it('review: rejected is blocked', async () => {
    await rules([{ rule_id: 'large', when: [{ kind: 'amount', above: { EUR: '50' } }], action: 'review' }]);
    const body = await reviewed({ amount: '60.00' });
    await tell(body.checkout_id, 'reject');
    expect(failures(await stack.final(body.checkout_id))).toEqual(['blocked_by_risk']);
    expect(await sentFor(body)).toBe(0);
  });

  it.each(['allow', 'block'] as const)('review: nobody speaks in time: %s, as the rules say', async (otherwise) => {
    await rules([{ rule_id: 'large', when: [{ kind: 'amount', above: { EUR: '50' } }], action: 'review' }], {
      review: { within_minutes: 10, otherwise },
    });
    const body = await reviewed({ amount: '60.00' });
    await stack.owner.query('UPDATE risk.assessment SET wait_until = now() WHERE checkout_id = $1', [body.checkout_id]);
    const checkout = await stack.final(body.checkout_id);
    expect(checkout.is_payment_done).toBe(otherwise === 'allow');
    expect(await assessment(body.checkout_id)).toMatchObject({ verdict_by: 'deadline' });
  });

  it('review: who cancels meanwhile is not charged', async () => {
    await rules([{ rule_id: 'large', when: [{ kind: 'amount', above: { EUR: '50' } }], action: 'review' }]);
    for (const sellers of [['a'], ['a', 'b']]) {
      const body = await reviewed({ amount: '60.00', sellers });
      await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`, { reason: 'changed my mind' });
      expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'canceled' });
      expect(await sentFor(body)).toBe(0);
    }
  });

  it('hold: it goes on by itself', async () => {
    await rules([{ rule_id: 'all', when: [{ kind: 'first_time_buyer' }], action: 'hold', hold_seconds: 2 }]);
    const began = Date.now();
    expect(await pay({ sellers: ['a', 'b'] })).toMatchObject({ is_payment_done: true });
    expect(Date.now() - began).toBeGreaterThan(1_900);
  });
});

describe('stages', () => {
  it('what an earlier one has asked for is not lost by a later one', async () => {
    await rules(
      [
        { rule_id: 'held', when: [{ kind: 'first_time_buyer' }], action: 'hold', hold_seconds: 1, score: 10 },
        { rule_id: 'abroad', when: [{ kind: 'country_mismatch' }], score: 10 },
      ],
      { thresholds: { challenge: 10, block: 20 } },
    );
    const body = bodyOf({ card: 'pm_card_threeDSecureOptional' });
    await stack.post(body);
    await stack.until(body.checkout_id, ({ payment_orders: orders }) => orders[0]?.phase === 'requires_action');
    expect(await assessment(body.checkout_id)).toMatchObject({ decision: 'hold', score: 10 });
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`, { reason: 'enough' });
    await stack.final(body.checkout_id);
    // Both together are too much, as soon as the card is known.
    const blocked = await pay({ card: 'pm_card_de', buyer: { country: 'FR' } });
    expect(failures(blocked)).toEqual(['blocked_by_risk']);
    expect((await assessment(blocked.checkout_id)).findings.map((finding) => finding.rule_id)).toEqual([
      'held',
      'abroad',
    ]);
  });
});

describe('what rules go by', () => {
  it("the card's country, once the PSP has said it, and before it is charged", async () => {
    await rules([{ rule_id: 'abroad', when: [{ kind: 'country_mismatch' }], action: 'block' }]);
    const blocked = await pay({ card: 'pm_card_de', buyer: { country: 'FR' } });
    expect(failures(blocked)).toEqual(['blocked_by_risk']);
    expect(await sentFor(blocked)).toBe(0);
    expect((await assessment(blocked.checkout_id)).findings).toMatchObject([
      { says: 'the buyer is in FR and the card from DE' },
    ]);
    expect(await pay({ card: 'pm_card_de', buyer: { country: 'DE' } })).toMatchObject({ is_payment_done: true });
  });

  it('many cards of one buyer, and many tries of one card', async () => {
    const buyer = { id: unique('b') };
    await rules([
      {
        rule_id: 'cards',
        when: [{ kind: 'velocity', per: 'buyer', counts: 'cards', within: '1h', at_least: 2 }],
        action: 'block',
      },
    ]);
    await pay({ buyer, card: 'pm_card_visa' });
    await pay({ buyer, card: 'pm_card_visa' });
    expect(await pay({ buyer, card: 'pm_card_mastercard' })).toMatchObject({ is_payment_done: true });
    expect(failures(await pay({ buyer, card: 'pm_card_amex' }))).toEqual(['blocked_by_risk']);

    await rules([
      {
        rule_id: 'card',
        when: [{ kind: 'velocity', per: 'card', counts: 'attempts', within: '1h', at_least: 2 }],
        action: 'block',
      },
    ]);
    const card = 'pm_card_gb';
    expect(await pay({ card })).toMatchObject({ is_payment_done: true });
    expect(await pay({ card })).toMatchObject({ is_payment_done: true });
    expect(failures(await pay({ card }))).toEqual(['blocked_by_risk']);
  });

  it.each(['buyer', 'seller'] as const)(
    'what became of earlier tries of one %s: declines, refunds, disputes',
    async (per) => {
      const count = (counts: string) => [
        { rule_id: counts, when: [{ kind: 'velocity', per, counts, within: '1h', at_least: 1 }], action: 'block' },
      ];
      // Of the same buyer at any seller, or of the same seller by any buyer.
      const source = () => {
        const id = unique('x');
        return per === 'buyer' ? { buyer: { id } } : { sellers: [id] };
      };
      await rules(count('refunds'));
      const refunding = source();
      const paid = await pay(refunding);
      const id = paid.payment_orders[0]?.payment_order_id ?? '';
      expect((await stack.refund(id)).body.refund_status).toBe('succeeded');
      expect(await assessment(paid.checkout_id)).toMatchObject({ refunded: true, declined: false });
      expect(failures(await pay(refunding))).toEqual(['blocked_by_risk']);

      await rules(count('declines'));
      // One is found out when the card is attached, one when it is charged.
      for (const card of ['pm_card_chargeDeclined', 'pm_card_chargeCustomerFail']) {
        const declining = source();
        const declined = await pay({ ...declining, card });
        expect(await assessment(declined.checkout_id)).toMatchObject({ declined: true });
        expect(failures(await pay(declining))).toEqual(['blocked_by_risk']);
      }

      await rules(count('disputes'));
      const disputing = source();
      const disputed = await pay({ ...disputing, card: 'pm_card_createDispute' });
      await stack.eventsSettled();
      await stack.eventually(async () =>
        (await assessment(disputed.checkout_id)).disputed ? undefined : 'the dispute is not known of',
      );
      expect(failures(await pay(disputing))).toEqual(['blocked_by_risk']);
    },
    120_000,
  );

  it('how much a new seller may take', async () => {
    const seller = unique('s');
    await rules([
      {
        rule_id: 'new-seller',
        when: [{ kind: 'seller_exposure', new_for_days: 30, within: '30d', above: { EUR: '100' } }],
        action: 'block',
      },
    ]);
    expect(await pay({ sellers: [seller], amount: '60.00' })).toMatchObject({ is_payment_done: true });
    const over = await pay({ sellers: [seller], amount: '60.00' });
    expect(failures(over)).toEqual(['blocked_by_risk']);
    expect((await assessment(over.checkout_id)).findings).toMatchObject([
      { payment_order_id: over.payment_orders[0]?.payment_order_id },
    ]);
    // What was declined does not count, until another card pays it; nor does what was refused. An older seller is free.
    const beside = unique('s');
    const mixed = bodyOf({ sellers: [beside, beside], amount: '40.00', more: { failure_policy: 'independent' } });
    await stack.fault({ kind: 'decline', metadata: { payment_order_id: mixed.payment_orders[0]?.payment_order_id } });
    await stack.post(mixed, { Prefer: 'wait=30' });
    await stack.clearFaults();
    expect(await pay({ sellers: [beside], amount: '50.00' })).toMatchObject({ is_payment_done: true });
    const again = bodyOf({ sellers: [beside], amount: '10.00', card: 'pm_card_chargeCustomerFail' });
    await stack.post(again, { Prefer: 'wait=30' });
    await stack.call('POST', `/v1/checkouts/${again.checkout_id}/payment_method`, {
      credit_card_info: { payment_method: 'pm_card_visa' },
    });
    expect(await stack.final(again.checkout_id)).toMatchObject({ is_payment_done: true });
    expect((await assessments(again.checkout_id)).map((one) => one.declined)).toEqual([true, false]);
    expect(failures(await pay({ sellers: [beside], amount: '1.00' }))).toEqual(['blocked_by_risk']);

    expect(await pay({ sellers: [seller], amount: '40.00' })).toMatchObject({ is_payment_done: true });
    await stack.owner.query(
      "UPDATE risk.assessed_order SET assessed_at = assessed_at - interval '31 days' WHERE seller_account = $1",
      [seller],
    );
    expect(await pay({ sellers: [seller], amount: '900.00' })).toMatchObject({ is_payment_done: true });
  });

  it('one order that is blocked is left out where orders stand alone, and takes all with it where they do not', async () => {
    const [over, beside] = [unique('s'), unique('s')];
    await rules([
      {
        rule_id: 'new-seller',
        when: [{ kind: 'seller_exposure', new_for_days: 30, within: '30d', above: { EUR: '100' } }],
        action: 'block',
      },
    ]);
    expect(await pay({ sellers: [over], amount: '90.00' })).toMatchObject({ is_payment_done: true });
    const reasons = (checkout: CheckoutView) =>
      checkout.payment_orders.map((order) => order.failure_reason ?? order.payment_order_status);

    const independent = { failure_policy: 'independent' };
    const alone = await pay({ sellers: [over, beside], more: independent });
    expect(reasons(alone)).toEqual(['blocked_by_risk', 'SUCCESS']);
    expect(alone.checkout_status).toBe('partially_paid');
    expect(await assessment(alone.checkout_id)).toMatchObject({
      decision: 'allow',
      findings: [{ rule_id: 'new-seller', payment_order_id: alone.payment_orders[0]?.payment_order_id }],
    });
    expect(await stack.journal(alone.payment_orders[0]?.payment_order_id ?? '')).toEqual([]);

    const together = await pay({ sellers: [over, beside] });
    expect(reasons(together)).toEqual(['blocked_by_risk', 'blocked_by_risk']);
    expect(await assessment(together.checkout_id)).toMatchObject({ decision: 'block' });
    const both = await pay({ sellers: [over, over], more: independent });
    expect(reasons(both)).toEqual(['blocked_by_risk', 'blocked_by_risk']);

    // Nor does another card help: only what was declined is paid by it.
    const body = bodyOf({ sellers: [over, beside], card: 'pm_card_chargeCustomerFail', more: independent });
    await stack.post(body, { Prefer: 'wait=30' });
    expect(reasons(await stack.final(body.checkout_id))).toEqual(['blocked_by_risk', 'declined']);
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/payment_method`, {
      credit_card_info: { payment_method: 'pm_card_visa' },
    });
    await stack.until(body.checkout_id, (checkout) => reasons(checkout).join() === 'blocked_by_risk,SUCCESS');

    // On the PSP's page, too, where one card is left for all orders.
    const page = bodyOf({
      card: null,
      sellers: [over, beside],
      more: independent,
    });
    const { body: opened } = await stack.post(page, { Prefer: 'wait=30' });
    await submitCard(opened.hosted_payment_url ?? '', '4242424242424242');
    expect(reasons(await stack.final(page.checkout_id))).toEqual(['blocked_by_risk', 'SUCCESS']);
    // What was blocked is no exposure.
    expect(await pay({ sellers: [over], amount: '10.00' })).toMatchObject({ is_payment_done: true });

    const exposure = { kind: 'seller_exposure', new_for_days: 30, within: '30d', above: { EUR: '100' } };
    await rules([
      { rule_id: 'new-seller', when: [exposure], action: 'block' },
      { rule_id: 'large', when: [{ kind: 'amount', above: { EUR: '30' } }], action: 'hold', hold_seconds: 1 },
    ]);
    const held = await pay({ sellers: [over, unique('s')], more: independent });
    expect(reasons(held)).toEqual(['blocked_by_risk', 'SUCCESS']);
    expect(await assessment(held.checkout_id)).toMatchObject({ decision: 'hold' });
  }, 120_000);

  it('what the PSP says of a payment: money that is not wanted goes back, and is booked', async () => {
    await rules([{ rule_id: 'cvc', when: [{ kind: 'psp_signal', signal: 'cvc_failed' }], action: 'block' }]);
    const charged = await pay({ card: 'pm_card_cvcCheckFail' });
    expect(charged.payment_orders).toMatchObject([{ phase: 'refunded', failure_reason: 'blocked_by_risk' }]);
    expect(Object.values(await stack.pspTotals(charged.checkout_id))).toMatchObject([
      { captured: 2000, refunded: 2000 },
    ]);
    const id = charged.payment_orders[0]?.payment_order_id ?? '';
    expect(await stack.book([id], [id])).toEqual({});
    expect(await assessment(charged.checkout_id)).toMatchObject({ psp_signals: ['cvc_failed'], decision: 'block' });

    const held = bodyOf({ card: 'pm_card_cvcCheckFail', more: { capture_method: 'manual' } });
    await stack.post(held);
    expect((await stack.final(held.checkout_id)).payment_orders).toMatchObject([
      { phase: 'voided', failure_reason: 'blocked_by_risk' },
    ]);
    const all = await pay({ card: 'pm_card_cvcCheckFail', sellers: ['a', 'b'] });
    expect(all.checkout_status).toBe('failed');
    expect(new Set(all.payment_orders.map((order) => order.phase))).toEqual(new Set(['voided']));

    await rules([{ rule_id: 'radar', when: [{ kind: 'psp_signal', signal: 'risk_highest' }], action: 'block' }]);
    expect(await pay({ card: 'pm_card_riskLevelElevated' })).toMatchObject({ is_payment_done: true });
    expect(failures(await pay({ card: 'pm_card_riskLevelHighest' }))).toEqual(['blocked_by_risk']);
    expect(await stack.differences()).toEqual([]);
  }, 120_000);

  it('lists: block before allow, allow before rules, until an entry is removed or over', async () => {
    const buyer = { id: unique('b'), email: 'Mallory@Example.com', ip: '192.0.2.77' };
    const { body: byMail } = await list({ list: 'block', kind: 'email', value: 'mallory@example.com' });
    expect(byMail.shown).toBe('m…@example.com');
    const blocked = await pay({ buyer });
    expect(failures(blocked)).toEqual(['blocked_by_risk']);
    expect((await assessment(blocked.checkout_id)).findings).toMatchObject([{ rule_id: 'block-list' }]);
    const gone = await stack.call<Entry>(
      'POST',
      `/v1/risk/list_entries/${byMail.entry_id}/remove`,
      { reason: 'wrong one' },
      ops,
    );
    expect(gone.body.removed_by).toContain('api-key');
    expect(await pay({ buyer })).toMatchObject({ is_payment_done: true });

    await list({
      list: 'block',
      kind: 'ip',
      value: '192.0.2.77',
      expires_at: new Date(Date.now() - 1_000).toISOString(),
    });
    expect(await pay({ buyer })).toMatchObject({ is_payment_done: true });
    // The PSP's fingerprint of it, as the sandbox has it.
    await list({ list: 'block', kind: 'card', value: 'fp4444' });
    expect(failures(await pay({ buyer, card: 'pm_card_mastercard' }))).toEqual(['blocked_by_risk']);
    await list({ list: 'block', kind: 'seller', value: 'evil' });
    expect(failures(await pay({ sellers: ['evil'] }))).toEqual(['blocked_by_risk']);
    const cart = await pay({ sellers: ['evil', unique('s')], more: { failure_policy: 'independent' } });
    expect(failures(cart)).toEqual(['blocked_by_risk', null]);

    await rules([{ rule_id: 'all', when: [{ kind: 'amount', above: { EUR: '1' } }], action: 'block' }]);
    await list({ list: 'allow', kind: 'buyer', value: buyer.id });
    expect(await pay({ buyer })).toMatchObject({ is_payment_done: true });
    expect(await pay()).toMatchObject({ is_payment_done: false });
  }, 120_000);
});

describe('rules as data', () => {
  it('change at once, for what is judged from then on, and touch nothing that runs', async () => {
    const large = { rule_id: 'large', when: [{ kind: 'amount', above: { EUR: '50' } }] };
    const first = await rules([{ ...large, action: 'review' }]);
    const body = await reviewed({ amount: '60.00' });
    await rules([{ ...large, action: 'block' }]);
    expect(failures(await pay({ amount: '60.00' }))).toEqual(['blocked_by_risk']);
    await tell(body.checkout_id, 'approve');
    expect(await stack.final(body.checkout_id)).toMatchObject({ is_payment_done: true });
    expect(await assessment(body.checkout_id)).toMatchObject({ rules_version: first, decision: 'review' });
  });

  it('on trial they only say what they would have done', async () => {
    await rules([]);
    const trial = {
      mode: 'dry_run',
      reason: 'to see',
      rules: [{ rule_id: 'all', when: [{ kind: 'amount', above: { EUR: '1' } }], action: 'block' }],
    };
    const { body: set } = await stack.call<RuleSet>('POST', '/v1/risk/rule_sets', trial, ops);
    const paid = await pay();
    expect(paid.is_payment_done).toBe(true);
    expect(await assessment(paid.checkout_id)).toMatchObject({
      decision: 'allow',
      findings: [],
      dry_run: { rules_version: set.version, decision: 'block', findings: [{ rule_id: 'all' }] },
    });
    const { body: standing } = await stack.call<{ dry_run: RuleSet | null }>('GET', '/v1/risk/rules', undefined, ops);
    expect(standing.dry_run?.version).toBe(set.version);
    await rules([]);
    expect((await assessment((await pay()).checkout_id)).dry_run).toBeNull();
  });

  it('every version stays, and who made it and why', async () => {
    const version = await rules([]);
    const { body } = await stack.call<{ data: (RuleSet & { created_by: string; reason: string })[] }>(
      'GET',
      '/v1/risk/rule_sets?limit=2',
      undefined,
      ops,
    );
    expect(body.data.map((set) => set.version)).toEqual([version, version - 1]);
    expect(body.data[0]).toMatchObject({ reason: 'a test', created_by: expect.stringContaining('api-key') });
    await expect(stack.databases.risk.riskRuleSet.deleteMany({})).rejects.toThrow();
    await expect(stack.databases.risk.riskRuleSet.updateMany({ data: { reason: 'x' } })).rejects.toThrow();
  });

  it('what is wrong with them is named', async () => {
    const velocity = { kind: 'velocity', per: 'ip', counts: 'declines', within: '1h', at_least: 3 };
    const wrong: readonly (readonly [object, string])[] = [
      [{ rule_id: 'r', when: [velocity] }, '/rules/0/score'],
      [{ rule_id: 'r', when: [], action: 'block' }, '/rules/0/when'],
      [{ rule_id: 'r', when: [{ ...velocity, within: '2h' }], action: 'block' }, '/rules/0/when/0/within'],
      [
        { rule_id: 'r', when: [{ ...velocity, per: 'seller', counts: 'unproven' }], action: 'hold' },
        '/rules/0/when/0/counts',
      ],
      [{ rule_id: 'r', when: [{ kind: 'amount', above: { EUR: 500 } }], action: 'block' }, '/rules/0/when/0/above/EUR'],
      [{ rule_id: 'r', when: [{ kind: 'amount', above: { XXY: '5' } }], action: 'block' }, '/rules/0/when/0/above/XXY'],
      [{ rule_id: 'r', when: [{ kind: 'psp_signal', signal: 'cvc_failed' }], action: 'review' }, '/rules/0/action'],
      [{ rule_id: 'r', when: [velocity], action: 'block', hold_seconds: 3 }, '/rules/0/hold_seconds'],
      [{ rule_id: 'r', when: [{ kind: 'weather' }], action: 'block' }, '/rules/0/when/0/kind'],
    ];
    for (const [rule, pointer] of wrong) {
      const { status, body } = await stack.call(
        'POST',
        '/v1/risk/rule_sets',
        { mode: 'live', reason: 'x', rules: [rule] },
        ops,
      );
      expect([status, asProblem(body).errors?.map((error) => error.pointer)]).toEqual([422, [pointer]]);
    }
    const { body } = await stack.call(
      'POST',
      '/v1/risk/list_entries',
      { list: 'block', kind: 'ip', value: 'home', reason: 'x' },
      ops,
    );
    expect(asProblem(body).errors).toEqual([{ pointer: '/value', detail: 'must be an IPv4 or IPv6 address' }]);
  });

  it("X2 are a merchant's own, and so are lists and assessments", async () => {
    await rules([{ rule_id: 'all', when: [{ kind: 'amount', above: { '*': '0.50' } }], action: 'block' }]);
    await list({ list: 'block', kind: 'buyer', value: 'shared-buyer' });
    const body = bodyOf({ buyer: { id: 'shared-buyer' } });
    const { body: theirs } = await stack.post(body, { Prefer: 'wait=30', Authorization: `Bearer ${otherKey}` });
    expect(theirs.is_payment_done).toBe(true);
    const others = { Authorization: `Bearer ${otherOpsKey}` };
    const { body: standing } = await stack.call<{ live: RuleSet }>('GET', '/v1/risk/rules', undefined, others);
    expect(standing.live.version).toBe(0);
    expect((await stack.call('GET', `/v1/risk/assessments/${body.checkout_id}`, undefined, ops)).status).toBe(404);
    expect((await stack.call('GET', '/v1/risk/rules')).status).toBe(403);
  });
});

describe('a page of the PSP', () => {
  it('is not opened for who is blocked, and has the bank asked for who is to be challenged', async () => {
    await rules([{ rule_id: 'large', when: [{ kind: 'amount', above: { EUR: '50' } }], action: 'block' }]);
    const blocked = bodyOf({ card: null, amount: '60.00' });
    await stack.post(blocked);
    expect(failures(await stack.final(blocked.checkout_id))).toEqual(['blocked_by_risk']);

    await rules([{ rule_id: 'all', when: [{ kind: 'first_time_buyer' }], action: 'challenge' }]);
    const body = bodyOf({ card: null });
    const { body: open } = await stack.post(body, { Prefer: 'wait=30' });
    const page = open.hosted_payment_url ?? '';
    expect((await submitCard(page, '4000000000003055')).location).toContain('/c/authenticate/');
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`, { reason: 'enough' });
    await stack.final(body.checkout_id);
  });
});

describe('V2 a step that is repeated', () => {
  it('judges once: what was made of it stands, whatever rules say by then', async () => {
    const activities = createActivities(stack.dependencies());
    const body = bodyOf();
    await rules([]);
    await stack.post(body, { Prefer: 'wait=30' });
    const key = { merchantId: 'default', checkoutId: body.checkout_id };
    await rules([{ rule_id: 'all', when: [{ kind: 'amount', above: { EUR: '1' } }], action: 'block' }]);
    expect(await activities.prepareBuyer(key)).toMatchObject({ outcome: 'prepared' });
    expect(await assessments(body.checkout_id)).toHaveLength(1);
  });
});
