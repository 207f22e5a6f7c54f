import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPaysaga, every, PaysagaError, type PaysagaOptions } from '../../client/src';
import { checkoutBody, defaultKey, TestStack, unique } from '../support/stack';

// Not in step: the API that is called lives in this process.
const run = promisify(execFile);

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterAll(() => stack.stop());

const client = (options: Partial<PaysagaOptions> = {}) =>
  createPaysaga({ apiUrl: stack.apiUrl, apiKey: defaultKey, ...options });

describe('the client', () => {
  it('pays, refunds and lists, by the names of the description', async () => {
    const paysaga = client();
    const body = checkoutBody();
    const id = body.payment_orders[0]?.payment_order_id ?? '';
    const checkout = await paysaga.createPayment({ body, wait: 30 });
    expect(checkout.is_payment_done).toBe(true);
    const refund = await paysaga.createRefund({ id, body: { amount: '1.00' }, wait: 30 });
    expect(refund.refund_status).toBe('succeeded');
    expect((await paysaga.getPayment({ id })).refunded_amount).toBe('1.00');
    const seller = unique('seller');
    for (let count = 0; count < 3; count += 1) {
      const more = checkoutBody();
      await paysaga.createPayment({
        body: { ...more, payment_orders: more.payment_orders.map((order) => ({ ...order, seller_account: seller })) },
      });
    }
    const found: string[] = [];
    for await (const payment of every(paysaga.listPayments, { seller_account: seller, limit: 2 }))
      found.push(payment.payment_order_id);
    expect(found).toHaveLength(3);
  });

  it('a refusal names type and fields', async () => {
    const refused = client().createPayment({ body: { ...checkoutBody(), payment_orders: [] } });
    await expect(refused).rejects.toBeInstanceOf(PaysagaError);
    await expect(refused).rejects.toMatchObject({
      status: 422,
      type: 'urn:paysaga:problem:validation-failed',
      errors: [{ pointer: '/payment_orders' }],
    });
  });

  it('I2 repeats a call whose answer was lost, under the same key: one checkout, one charge', async () => {
    let sent = 0;
    const keys = new Set<string | null>();
    const lossy: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      keys.add((input as Request).headers.get('idempotency-key'));
      sent += 1;
      if (sent < 3) throw new TypeError('the connection broke');
      return response;
    };
    const body = checkoutBody();
    const checkout = await client({ fetch: lossy }).createPayment({ body, wait: 30 });
    expect([checkout.checkout_status, sent, keys.size]).toEqual(['paid', 3, 1]);
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1 } });
  });

  it('waits as long as it is told to when it asks too often, and gives up in the end', async () => {
    const answers = [429, 503, 200].map(
      (status) => new Response('{}', { status, headers: { 'Content-Type': 'application/json', 'Retry-After': '1' } }),
    );
    const startedAt = Date.now();
    await client({ fetch: () => Promise.resolve(answers.shift() ?? Response.error()) }).getPayment({ id: 'x' });
    expect(Date.now() - startedAt).toBeGreaterThan(1_900);
    const never = client({ retries: 1, fetch: () => Promise.resolve(new Response('{}', { status: 503 })) });
    await expect(never.getPayment({ id: 'x' })).rejects.toMatchObject({ status: 503 });
  });

  it('packed and installed in a new folder, the quick start of its README pays, word for word, in under 30 lines', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'paysaga-client-'));
    try {
      const [program] = /```ts\n([\s\S]*?)```/.exec(readFileSync('client/README.md', 'utf8'))?.slice(1) ?? [];
      expect(program?.trim().split('\n').length).toBeLessThan(30);
      const inFolder = { cwd: folder };
      const tsc = resolve('node_modules/typescript/bin/tsc');
      await run(process.execPath, [tsc, '-p', 'client']);
      const { stdout: list } = await run('npm', ['pack', resolve('client'), '--json', '--silent'], inFolder);
      const [packed] = JSON.parse(list) as { filename: string; files: { path: string }[] }[];
      expect(packed?.files.map(({ path }) => path)).toContain('dist/index.d.ts');
      await run('npm', ['init', '--yes', '--silent'], inFolder);
      await run(
        'npm',
        ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${packed?.filename ?? ''}`],
        inFolder,
      );
      writeFileSync(join(folder, 'pay.mts'), program ?? '');
      const { stdout: said } = await run(process.execPath, [resolve('node_modules/tsx/dist/cli.mjs'), 'pay.mts'], {
        ...inFolder,
        env: { ...process.env, PAYSAGA_API_URL: stack.apiUrl, PAYSAGA_API_KEY: defaultKey },
      });
      expect(said).toMatch(/^order-\d+ paid\n$/);
      // As an editor sees it: the types come with the package.
      const compilerOptions = {
        module: 'nodenext',
        strict: true,
        noEmit: true,
        types: ['node'],
        typeRoots: [resolve('node_modules/@types')],
      };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['pay.mts'] }));
      await run(process.execPath, [tsc, '-p', '.'], inFolder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
