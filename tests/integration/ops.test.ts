import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpsVerb, Standing } from '../../domain/process';
import { checkoutBody, opsKey, otherOpsKey, TestStack, unique, type Answer, type Problem } from '../support/stack';

const run = promisify(execFile);
const ops = { Authorization: `Bearer ${opsKey}` };
let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterAll(() => stack.stop());

interface Process {
  readonly process_id: string;
  readonly phase: string | null;
  readonly needs_attention: boolean;
  readonly amount: string | null;
  readonly status: string;
}
interface StandingView {
  readonly status: string;
  readonly phase: string;
  readonly says: string;
  readonly verbs: readonly OpsVerb[];
}
interface Word {
  readonly message: string;
  readonly process: StandingView;
}
interface Action {
  readonly process_id: string;
  readonly action: string;
  readonly actor: string;
  readonly reason: string;
}

const find = (query: string, key = opsKey): Promise<Answer<{ data: Process[]; next_cursor: string | null }>> =>
  stack.call('GET', `/v1/ops/processes?${query}`, undefined, { Authorization: `Bearer ${key}` });
const show = (process: string): Promise<Answer<StandingView>> =>
  stack.call('GET', `/v1/ops/processes/${process}`, undefined, ops);
const tell = <Body = Word>(process: string, verb: OpsVerb, body: object, headers = {}): Promise<Answer<Body>> =>
  stack.call<Body>('POST', `/v1/ops/processes/${process}/${verb}`, body, { ...ops, ...headers });
const actions = async (query: string): Promise<Action[]> =>
  (await stack.call<{ data: Action[] }>('GET', `/v1/ops/actions?${query}`, undefined, ops)).body.data;

/** Waits for the visibility store, which is a moment behind. */
async function listed(query: string, wanted: (data: readonly Process[]) => boolean): Promise<Process[]> {
  let data: Process[] = [];
  await stack.eventually(async () => {
    data = (await find(query)).body.data;
    return wanted(data) ? undefined : JSON.stringify(data);
  });
  return data;
}

/** An order whose charge the PSP answers with errors until the faults are cleared. */
async function parkedOrder(kind: string, more: Parameters<typeof checkoutBody>[0] = {}) {
  const body = checkoutBody(more);
  const id = body.payment_orders[0]?.payment_order_id ?? '';
  await stack.fault({ kind, times: 500, metadata: { payment_order_id: id } });
  await stack.post(body);
  await stack.parked(body.checkout_id);
  return { body, id, process: `payment_order:${id}` };
}

describe('ops find processes by what they know', () => {
  it("by payment order, checkout, seller, the PSP's id, and what waits for a person", async () => {
    const seller = unique('s');
    const { id } = await stack.paid({ seller });
    const checkout = (await stack.call<{ checkout_id: string }>('GET', `/v1/payments/${id}`)).body.checkout_id;
    const { rows } = await stack.owner.query<{ payment: string; charge: string }>(
      'SELECT psp_reference AS payment, psp_charge_reference AS charge FROM payments.payment_order WHERE payment_order_id = $1',
      [id],
    );
    for (const about of [id, seller, checkout, rows[0]?.payment ?? '', rows[0]?.charge ?? '']) {
      const found = await listed(`about=${about}`, (data) =>
        data.some((one) => one.process_id === `payment_order:${id}`),
      );
      expect(found.find((one) => one.process_id === `payment_order:${id}`)).toMatchObject({
        needs_attention: false,
        status: 'completed',
      });
    }
    expect((await find(`about=${id}`, otherOpsKey)).body.data).toEqual([]);
    expect((await find(`about=${id}&kind=checkout`)).body.data).toEqual([]);
    const { process } = await parkedOrder('error_before_effect');
    const waiting = await listed('needs_attention=true&running=true&kind=payment_order&phase=needs_attention', (data) =>
      data.some((one) => one.process_id === process),
    );
    expect(waiting.every(({ needs_attention: needs }) => needs)).toBe(true);
    await stack.clearFaults();
    expect((await tell(process, 'retry', { reason: 'the PSP is back' })).status).toBe(200);
  });

  it('lists a page at a time; a wrong parameter is named', async () => {
    const seller = unique('s');
    for (let count = 0; count < 3; count += 1) await stack.paid({ seller });
    const query = `about=${seller}&kind=payment_order`;
    await listed(query, (data) => data.length === 3);
    const first = (await find(`${query}&limit=2`)).body;
    expect(first.data).toHaveLength(2);
    const second = (await find(`${query}&limit=2&after=${first.next_cursor ?? ''}`)).body;
    const seen = [...first.data, ...second.data].map(({ process_id: process }) => process);
    expect(new Set(seen).size).toBe(3);
    for (const wrong of [
      'kind=nothing',
      'needs_attention=perhaps',
      'phase=A%20B',
      "about=x'%20OR%201%3D1",
      'after=%20',
    ])
      expect((await find(wrong)).status).toBe(422);
    expect((await show('payment_order:none-of-ours')).status).toBe(404);
    expect((await show('nothing:at-all')).status).toBe(404);
  });
});

describe('a process says how it stands, and takes a word where it is legal', () => {
  it('X4 shows its phase and its verbs; refuses the others with a sentence; who and why are written down', async () => {
    const { body, id, process } = await parkedOrder('error_before_effect');
    const { body: standing } = await show(process);
    expect(standing).toMatchObject({ status: 'running', phase: 'needs_attention' });
    expect(standing.says).toContain('outcome_unknown');
    expect(standing.verbs).toEqual(['retry', 'supply_outcome', 'compensate']);

    const refusal = await tell<Problem>(process, 'abandon', { reason: 'enough' });
    expect(refusal.status).toBe(409);
    expect(refusal.body).toMatchObject({
      type: 'urn:paysaga:problem:not-legal-now',
      detail: 'the outcome at the PSP is unknown: supply it, or retry',
    });
    expect((await tell(process, 'retry', {})).status).toBe(422);
    expect((await tell(process, 'retry', { reason: 'x', actor: 'somebody else' })).status).toBe(422);
    expect((await tell<Problem>(process, 'approve', { reason: 'x' })).status).toBe(409);

    await stack.clearFaults();
    const key = { 'Idempotency-Key': unique('key') };
    expect((await tell(process, 'retry', { reason: 'the PSP is back' }, key)).body.message).toBe('retry accepted');
    expect((await tell(process, 'retry', { reason: 'the PSP is back' }, key)).body.message).toBe('retry accepted');
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
    expect(await actions(`payment_order_id=${id}`)).toEqual([
      expect.objectContaining({ process_id: process, action: 'retry', actor: 'api-key:k3', reason: 'the PSP is back' }),
    ]);
    const late = await tell<Problem>(process, 'retry', { reason: 'again' });
    expect([late.status, late.body.type]).toEqual([409, 'urn:paysaga:problem:already-final']);
    expect((await show(process)).body).toMatchObject({ status: 'completed', phase: 'succeeded', verbs: [] });
  });

  it("a merchant's own key may do none of it; another merchant's operator sees nothing", async () => {
    const { id } = await stack.paid();
    for (const path of ['/v1/ops/processes', `/v1/ops/processes/payment_order:${id}`, '/v1/ops/actions'])
      expect((await stack.call('GET', path)).status).toBe(403);
    expect((await stack.call('POST', `/v1/ops/processes/payment_order:${id}/retry`, { reason: 'x' })).status).toBe(403);
    const others = { Authorization: `Bearer ${otherOpsKey}` };
    expect((await stack.call('GET', `/v1/ops/processes/payment_order:${id}`, undefined, others)).status).toBe(404);
  });

  it('compensate: what had happened unseen is given back and booked; nothing stays at the PSP', async () => {
    const { body, id, process } = await parkedOrder('error_before_effect');
    await stack.clearFaults();
    const { body: word } = await tell(process, 'compensate', { reason: 'the buyer has paid elsewhere' });
    expect(word.message).toBe('compensate accepted');
    const final = await stack.final(body.checkout_id);
    expect(final.payment_orders[0]).toMatchObject({ payment_order_status: 'FAILED', failure_reason: 'canceled' });
    const totals = await stack.pspTotals(body.checkout_id);
    expect((totals['EUR']?.captured ?? 0) - (totals['EUR']?.refunded ?? 0)).toBe(0);
    expect(Object.values(await stack.ledger([id])).every((sum) => sum === 0)).toBe(true);
    expect((await actions(`payment_order_id=${id}`))[0]).toMatchObject({ action: 'compensate' });
  });

  it('a key that was wrong for a while: a single order calls a person, and goes on by itself when it is right again', async () => {
    const { body, process } = await parkedOrder('unauthorized', {});
    expect((await show(process)).body.verbs).toContain('abandon');
    await stack.clearFaults();
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
    await listed(`about=${body.checkout_id}&needs_attention=true`, (data) => data.length === 0);
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1 } });
  });

  it('U5 canceled while the key is wrong: the order ends, and nothing is charged when the key is right again', async () => {
    const { body, id } = await parkedOrder('unauthorized', {});
    expect((await stack.call('POST', `/v1/payments/${id}/cancel`)).status).toBe(202);
    await stack.clearFaults();
    const final = await stack.final(body.checkout_id);
    expect(final).toMatchObject({ checkout_status: 'canceled', is_payment_done: false });
    expect(final.payment_orders[0]).toMatchObject({ payment_order_status: 'FAILED', phase: 'canceled' });
    await listed(`about=${body.checkout_id}&needs_attention=true`, (data) => data.length === 0);
    expect((await stack.pspTotals(body.checkout_id))['EUR']?.charges ?? 0).toBe(0);
  });

  it('a card that can not be prepared for a reason of ours: the checkout calls a person, and takes retry', async () => {
    const body = checkoutBody({ orders: 2 });
    const process = `checkout:${body.checkout_id}`;
    await stack.fault({ kind: 'unauthorized', times: 500, path: '/v1/customers' });
    await stack.post(body);
    await stack.eventually(async () => ((await show(process)).body.verbs.includes('retry') ? undefined : 'not stuck'));
    await stack.clearFaults();
    expect((await tell(process, 'retry', { reason: 'the key is right again' })).status).toBe(200);
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
    expect((await actions('limit=10')).map(({ process_id: about }) => about)).toContain(process);
  });
});

describe('the query that people and programs ask', () => {
  it('answers plain JSON while it runs and when it has ended', async () => {
    const { id } = await stack.paid();
    const order = stack.client.workflow.getHandle(`payment-order/default/${id}`);
    const standing = await order.query<Standing>('standing');
    expect(standing).toMatchObject({ kind: 'payment_order', id, phase: 'succeeded', verbs: [] });
    expect(await order.query('phase')).toBe('succeeded');
  });
});

describe('the command line', () => {
  const command = async (...words: string[]): Promise<string> => {
    const { stdout } = await run(process.execPath, ['--import', 'tsx', 'cli/ops.ts', ...words], {
      env: { ...process.env, PAYSAGA_API_URL: stack.apiUrl, PAYSAGA_API_KEY: opsKey },
    });
    return stdout;
  };

  it('finds, shows, tells, and lists who has done what', async () => {
    const { body, id, process } = await parkedOrder('error_before_effect');
    await listed(`about=${id}`, (data) => data.length > 0);
    expect(await command('find', id)).toContain(process);
    expect(await command('show', process)).toContain('it takes: retry, supply_outcome, compensate');
    await expect(command('abandon', process, '--reason', 'x')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the outcome at the PSP is unknown') as unknown,
    });
    await expect(command('retry', process)).rejects.toMatchObject({
      stderr: expect.stringContaining('--reason is needed') as unknown,
    });
    const said = await command(
      ...['supply_outcome', process, '--reason', 'the dashboard shows none', '--outcome', 'declined'],
    );
    expect(said).toContain('supply_outcome accepted');
    await stack.clearFaults();
    expect((await stack.final(body.checkout_id)).payment_orders[0]).toMatchObject({ phase: 'declined' });
    expect(await command('actions', '--order', id)).toContain('supply_outcome');
    expect(await command('attention')).not.toContain(id);
    await expect(command('dance')).rejects.toMatchObject({ code: 2 });
  });
});
