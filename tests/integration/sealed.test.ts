import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@temporalio/client';
import { dataConverter } from '../../temporal/data-converter';
import { PayloadSealed } from '../../temporal/payload-codec';
import { sealedBundle } from '../support/sealed';
import { testServers } from '../support/servers';
import { carrierOf, checkoutBody, TestStack, unique } from '../support/stack';

const keys = [{ id: 'of-the-tests', key: randomBytes(32) }];
const other = [{ id: 'of-the-tests', key: randomBytes(32) }];
/** Of what Temporal keeps, only search attributes are not payloads of ours, and say which workflow is about what. */
const open = new Set(['json/plain', 'binary/plain', 'json/protobuf']);

interface Found {
  readonly path: string;
  readonly encoding: string;
  readonly text: string;
}

/** Every payload of a history, wherever it is. */
function payloadsOf(value: unknown, path = ''): Found[] {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return [];
  const { metadata, data } = value as { metadata?: Record<string, Uint8Array>; data?: Uint8Array };
  const encoding = metadata?.['encoding'];
  if (encoding instanceof Uint8Array)
    return [{ path, encoding: Buffer.from(encoding).toString(), text: Buffer.from(data ?? []).toString('latin1') }];
  return Object.entries(value).flatMap(([name, part]) => payloadsOf(part, `${path}.${name}`));
}

/** What every failure in a history says outside of its payload. */
function failuresOf(value: unknown): unknown[] {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return [];
  const { source, message, stackTrace } = value as { source?: unknown; message?: unknown; stackTrace?: unknown };
  const own = source === 'TypeScriptSDK' ? [{ message, stackTrace }] : [];
  return [...own, ...Object.values(value).flatMap(failuresOf)];
}

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({ sealed: { keys, bundle: await sealedBundle() } });
});
afterAll(async () => {
  await stack.stop();
});

describe('X1 with PAYLOAD_KEYS Temporal keeps nothing that it could read', () => {
  it('a payment, a refund and a failing step go on as without; every payload of theirs is sealed, failures too', async () => {
    const body = checkoutBody({ more: { metadata: { note: 'canary-of-metadata' } } });
    const order = body.payment_orders[0]?.payment_order_id ?? '';
    await stack.fault({
      kind: 'error_before_effect',
      path: '/v1/payment_intents',
      metadata: { payment_order_id: order },
    });
    const { body: paid } = await stack.post(body, { Prefer: 'wait=60' });
    expect(paid.checkout_status).toBe('paid');
    const { body: refund } = await stack.refund(order, { amount: '1.00' }, { Prefer: 'wait=60' });
    expect(refund.refund_status).toBe('succeeded');
    const seller = body.payment_orders[0]?.seller_account ?? '';

    const failures: unknown[] = [];
    for (const id of [`payment-order/default/${order}`, `refund/default/${refund.refund_id}`]) {
      const { events } = await stack.client.workflow.getHandle(id).fetchHistory();
      failures.push(...failuresOf(events));
      const payloads = payloadsOf(events).filter(({ path }) => !/searchAttributes|indexedFields/i.test(path));
      expect(payloads.length).toBeGreaterThan(5);
      const plain = payloads.filter(({ encoding, text }) => open.has(encoding) && text.includes(seller));
      expect(plain).toEqual([]);
      expect(payloads.some(({ encoding }) => encoding === 'binary/encrypted')).toBe(true);
      // What the SDK itself notes of a local activity is its name and number.
      const unsealed = payloads.filter(({ encoding }) => encoding !== 'binary/encrypted').map(({ text }) => text);
      for (const text of unsealed) expect(text).toMatch(/^(|\{"seq":\d+.*"activity_type":"\w+".*\})$/s);
    }
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) expect(failure).toEqual({ message: 'Encoded failure', stackTrace: '' });
    const { body: proof } = await stack.call<{ verdict: string }>('GET', `/v1/payments/${order}/proof`);
    expect(proof.verdict).toBe('proved');
  });

  it('the file of the Temporal database holds none of what was planted, in no table and no log of it', async () => {
    const body = checkoutBody();
    const id = body.payment_orders[0]?.payment_order_id ?? '';
    await stack.fault({ kind: 'unauthorized', times: 50, metadata: { payment_order_id: id } });
    await stack.post(body);
    await stack.parked(body.checkout_id);
    await stack.clearFaults();
    const [reason, actor] = ['canary-of-a-reason', 'canary-of-a-person'];
    await stack.client.workflow
      .getHandle(`payment-order/default/${id}`)
      .executeUpdate('retry', { args: [{ actor, reason }] });
    await stack.final(body.checkout_id);
    const { rows } = await stack.owner.query<{ customer: string; card: string }>(
      `SELECT c.psp_customer AS customer, c.credit_card_info->>'payment_method' AS card FROM payments.checkout AS c WHERE checkout_id = $1`,
      [body.checkout_id],
    );
    // What somebody says without a key is found there: the search sees what is to be seen.
    const plain = 'canary-in-plain-text';
    await new Client({ connection: stack.client.connection }).workflow.start('nobodyHasThisWorkflow', {
      workflowId: unique('plain'),
      taskQueue: unique('nobody'),
      args: [plain],
      workflowExecutionTimeout: '1 minute',
    });
    // As bytes: after an hour of other tests the file is longer than a string may be.
    const kept = async (): Promise<Buffer[]> =>
      Promise.all(
        readdirSync(testServers().folder)
          .filter((name) => name.startsWith('temporal.db'))
          .map((name) => readFile(join(testServers().folder, name))),
      );
    const holds = (files: readonly Buffer[], word: string): boolean => files.some((file) => file.includes(word));
    await stack.eventually(async () => (holds(await kept(), plain) ? undefined : 'not written yet'));
    const found = await kept();
    const planted = [reason, actor, 'canary-of-metadata', rows[0]?.customer ?? reason];
    expect(planted.filter((canary) => holds(found, canary))).toEqual([]);
  });

  it('a client with another key under the same name is told nothing', async () => {
    const body = checkoutBody();
    await stack.post(body, { Prefer: 'wait=60' });
    const stranger = new Client({ connection: stack.client.connection, ...dataConverter(other) });
    const result = stranger.workflow.getHandle(carrierOf(body)).result();
    await expect(result).rejects.toThrow(PayloadSealed);
  });
});
