import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../local/ports';
import { serviceNames } from '../../prisma/services';
import { testServers } from '../support/servers';
import { checkoutBody, defaultKey, secretsKey, TestStack, webhookSecret, type CheckoutView } from '../support/stack';

let stack: TestStack;
let port = 0;
let api: ChildProcess | undefined;
beforeAll(async () => {
  stack = await TestStack.start();
  port = await freePort();
});
afterEach(() => void api?.kill('SIGKILL'));
afterAll(() => stack.stop());

const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  ...Object.fromEntries(serviceNames.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, stack.urls[name]])),
  TEMPORAL_ADDRESS: testServers().temporalAddress,
  TEMPORAL_TASK_QUEUE: stack.taskQueue,
  STRIPE_WEBHOOK_SECRET: webhookSecret,
  PAYSAGA_SECRETS_KEY: secretsKey.toString('base64'),
  API_PORT: String(port),
  LOG_LEVEL: 'warn',
});

/** The API as its own process, as it is deployed. */
async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'api/server.ts'], {
    env: environment(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  api = child;
  await new Promise((resolve, reject) => child.once('message', resolve).once('exit', reject));
  return child;
}

const post = async (url: string, body: object, wait = 20) => {
  const response = await fetch(`${url}/v1/payments`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${defaultKey}`,
      'Content-Type': 'application/json',
      Prefer: `wait=${String(wait)}`,
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as CheckoutView };
};

describe('the API process', () => {
  it('V5 SIGTERM under load: every accepted request is answered, and can be repeated elsewhere; nothing is paid twice', async () => {
    const child = await start();
    const url = `http://127.0.0.1:${String(port)}`;
    const bodies = Array.from({ length: 60 }, () => checkoutBody());
    const asked = bodies.map(async (body, index) => {
      await pause(index * 25);
      return post(url, body).catch(() => ({ status: 0 }));
    });
    await pause(800);
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const answers = await Promise.all(asked);
    expect(await exited).toBe(0);

    const answered = answers.filter(({ status }) => status === 200 || status === 202);
    expect(answered.length).toBeGreaterThan(0);
    // What isn't answered was never let in: the door was closed, or closing, and nothing of it is stored.
    expect(answers.filter((answer) => !answered.includes(answer)).map(({ status }) => status)).toEqual(
      Array.from({ length: answers.length - answered.length }, () => 0),
    );
    const { rows } = await stack.owner.query<{ id: string }>('SELECT checkout_id AS id FROM payments.checkout');
    expect(rows.length).toBe(answered.length);

    for (const body of bodies) expect([200, 202]).toContain((await post(stack.apiUrl, body)).status);
    // What was accepted when there was no time left to start it is started by the schedule.
    await stack.sweep();
    for (const body of bodies) {
      await stack.final(body.checkout_id);
      expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1 } });
    }
  });

  it('a client that sends its request byte by byte is cut off', async () => {
    await start();
    const socket = connect(port, '127.0.0.1');
    const closed = new Promise<number>((resolve) => {
      const startedAt = Date.now();
      socket.once('close', () => resolve(Date.now() - startedAt));
    });
    socket.on('error', () => undefined).resume();
    socket.write('POST /v1/payments HTTP/1.1\r\nHost: x\r\n');
    const drip = setInterval(() => socket.write('X-Slow: 1\r\n'), 500);
    expect(await closed).toBeLessThan(20_000);
    clearInterval(drip);
  });

  it('a missing secret stops the start and is named, without any value', async () => {
    const env = environment();
    delete env['PAYSAGA_SECRETS_KEY'];
    const child = spawn(process.execPath, ['--import', 'tsx', 'api/server.ts'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data.toString()));
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(1);
    expect(said).toContain('PAYSAGA_SECRETS_KEY is missing');
    expect(said).not.toContain(webhookSecret);
  });
});
