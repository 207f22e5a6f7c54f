import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../local/ports';
import { testServers } from '../support/servers';
import { checkoutBody, defaultKey, secretsKey, TestStack, webhookSecret } from '../support/stack';
import { WorkerProcesses } from '../support/worker-process';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes?: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}
interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Span['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

const attribute = (of: Span['attributes'], name: string): string =>
  of?.find(({ key }) => key === name)?.value.stringValue ?? '';

let stack: TestStack;
let workers: WorkerProcesses;
let api: ChildProcess;
let apiUrl: string;
let collector: Server;
const spans: (Span & { readonly service: string })[] = [];
let told = '';

/** What traces are sent to, as any OpenTelemetry collector takes them (OTLP over HTTP with JSON). */
async function collect(): Promise<string> {
  collector = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      told += text;
      for (const { resource, scopeSpans } of (JSON.parse(text) as Sent).resourceSpans)
        for (const { spans: sent } of scopeSpans)
          spans.push(...sent.map((span) => ({ ...span, service: attribute(resource.attributes, 'service.name') })));
      response.setHeader('Content-Type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((listening) => collector.listen(0, '127.0.0.1', () => listening()));
  return `http://127.0.0.1:${String((collector.address() as AddressInfo).port)}`;
}

beforeAll(async () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: await collect(), OTEL_BSP_SCHEDULE_DELAY: '200' };
  stack = await TestStack.start({ withWorker: false });
  // No bundle made before: workers make their own, of the kind that is traced.
  workers = new WorkerProcesses(stack, { ...endpoint, WORKFLOW_BUNDLE: undefined });
  workers.keep();
  const port = await freePort();
  apiUrl = `http://127.0.0.1:${String(port)}`;
  api = spawn(process.execPath, ['--import', 'tsx', 'api/server.ts'], {
    env: {
      ...process.env,
      ...endpoint,
      ...Object.fromEntries(
        Object.entries(stack.urls).map(([service, url]) => [`${service.toUpperCase()}_DATABASE_URL`, url]),
      ),
      TEMPORAL_ADDRESS: testServers().temporalAddress,
      TEMPORAL_TASK_QUEUE: stack.taskQueue,
      STRIPE_WEBHOOK_SECRET: webhookSecret,
      PAYSAGA_SECRETS_KEY: secretsKey.toString('base64'),
      API_PORT: String(port),
      LOG_LEVEL: 'error',
    },
    stdio: 'ignore',
  });
  await stack.eventually(async () =>
    (await fetch(`${apiUrl}/readyz`).catch(() => undefined))?.ok === true ? undefined : 'the API is not ready',
  );
});
afterAll(async () => {
  api.kill('SIGTERM');
  workers.stop();
  collector.close();
  await stack.stop();
});

describe('traces', () => {
  it('one leads from the request through workflow and activities to each statement and each call to the PSP', async () => {
    const body = checkoutBody({
      orders: 2,
      more: { failure_policy: 'independent', buyer_info: { id: 'buyer-1', email: 'canary@example.com' } },
    });
    const response = await fetch(`${apiUrl}/v1/payments`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${defaultKey}`, 'Content-Type': 'application/json', Prefer: 'wait=60' },
      body: JSON.stringify(body),
    });
    expect(await response.json()).toMatchObject({ checkout_status: 'paid' });

    const wanted: readonly (readonly [string, RegExp])[] = [
      ['paysaga-api', /^POST/],
      ['paysaga-api', /^StartWorkflow:checkoutWorkflow$/],
      ['paysaga-api', /^pg\.query/],
      ['paysaga-worker', /^RunWorkflow:checkoutWorkflow$/],
      ['paysaga-worker', /^RunWorkflow:paymentOrderWorkflow$/],
      ['paysaga-worker', /^RunActivity:chargePaymentOrder$/],
      ['paysaga-worker', /^RunActivity:bookCapture$/],
      ['paysaga-worker', /^pg\.query/],
      ['paysaga-worker', /^POST$/],
    ];
    await stack.eventually(() => {
      const trace = spans.find(({ name }) => name === 'StartWorkflow:checkoutWorkflow')?.traceId;
      const own = spans.filter(({ traceId }) => traceId === trace);
      const missing = wanted.filter(
        ([service, name]) => !own.some((span) => span.service === service && name.test(span.name)),
      );
      return Promise.resolve(missing.length === 0 ? undefined : `no ${String(missing)}`);
    });
    const trace = spans.find(({ name }) => name === 'StartWorkflow:checkoutWorkflow')?.traceId;
    const own = spans.filter(({ traceId }) => traceId === trace);
    const ids = new Set(own.map(({ spanId }) => spanId));
    const charge = own.find(({ name }) => name === 'RunActivity:chargePaymentOrder');
    expect(ids.has(charge?.parentSpanId ?? '')).toBe(true);
    const toPsp = own.find(({ service, name }) => service === 'paysaga-worker' && name === 'POST');
    expect(ids.has(toPsp?.parentSpanId ?? '')).toBe(true);
  });

  it('X1 hold no key, no value of a statement and nothing of the buyer', () => {
    for (const canary of [defaultKey, 'canary@example.com', 'sk_test_default']) expect(told).not.toContain(canary);
  });
});
