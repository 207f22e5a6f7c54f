import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { verifyWebhook, WebhookVerificationError } from '../../client/src';
import { pauseAfter, mostTries } from '../../domain/webhook-delivery';
import { checkedUrl, guardedLookup } from '../../events/address-guard';
import { feedSink, takeOverOutboxes } from '../../events/relay';
import { relayUntil } from '../../events/relay-loop';
import type { Sink } from '../../events/sink';
import { releaseSink } from '../../prisma/event';
import { noFailpoints } from '../support/failpoints';
import { checkoutBody, TestStack, unique, type Problem } from '../support/stack';

interface Got {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let stack: TestStack;
let receiver: Server;
let url = '';
const got: Got[] = [];
/** What the receiver answers, by path; 204 unless said otherwise. */
const answers = new Map<string, { status: number; headers?: Record<string, string>; body?: string }[]>();
beforeAll(async () => {
  stack = await TestStack.start();
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const path = request.url ?? '';
      got.push({ path, headers: request.headers, body });
      const { status, headers = {}, body: said = '' } = answers.get(path)?.shift() ?? { status: 204 };
      response.writeHead(status, headers).end(said);
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const address = receiver.address();
  url = `http://127.0.0.1:${String(typeof address === 'object' && address !== null ? address.port : 0)}`;
});
afterAll(async () => {
  await stack.stop();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

interface Endpoint {
  readonly endpoint_id: string;
  readonly secret: string;
  readonly disabled_at: string | null;
}
interface Delivery {
  readonly delivery_id: string;
  readonly event_id: string;
  readonly state: string;
  readonly attempts: number;
  readonly reply: { readonly status: number | null; readonly problem: string | null } | null;
  readonly next_try_at: string | null;
}
interface Event {
  readonly event_id: string;
  readonly type: string;
  readonly resource_id: string;
  readonly resource_version: number;
  readonly data: Record<string, unknown>;
}

async function endpoint(types: readonly string[] = []): Promise<Endpoint & { path: string }> {
  const path = `/${unique('hook')}`;
  const { status, body } = await stack.call<Endpoint>('POST', '/v1/webhook_endpoints', { url: `${url}${path}`, types });
  expect(status).toBe(201);
  return { ...body, path };
}
const until = async <Value>(read: () => Promise<Value> | Value, wanted: (value: Value) => boolean): Promise<Value> => {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    if (Date.now() > deadline) throw new Error(`not as wanted: ${JSON.stringify(value)}`);
    await pause(50);
  }
};
const deliveriesOf = async ({ endpoint_id: id }: Endpoint): Promise<Delivery[]> =>
  (await stack.call<{ data: Delivery[] }>('GET', `/v1/webhook_deliveries?endpoint_id=${id}&limit=100`)).body.data;
const at = (path: string): Got[] => got.filter((one) => one.path === path);

describe('events', () => {
  it('O1 each change of a payment is told of once, in order, with its version; the cursor goes on from the end', async () => {
    const body = checkoutBody({ more: { buyer_info: { id: 'b1', email: 'grace@example.com' } } });
    const order = body.payment_orders[0]?.payment_order_id ?? '';
    await stack.post(body, { Prefer: 'wait=30' });
    const refund = await stack.refund(order, { amount: '1.00' });
    const ids = [body.checkout_id, order, refund.body.refund_id];
    const mine = async (): Promise<Event[]> =>
      (await stack.call<{ data: Event[] }>('GET', '/v1/events?limit=100')).body.data.filter((event) =>
        ids.includes(event.resource_id),
      );
    const events = await until(
      mine,
      (found) =>
        found.some(({ type }) => type === 'refund.succeeded') && found.some(({ type }) => type === 'checkout.paid'),
    );
    expect(events.map(({ type, resource_version: version }) => `${type} ${String(version)}`).sort()).toEqual([
      'checkout.open 1',
      'checkout.paid 2',
      'payment.succeeded 2',
      'refund.requested 1',
      'refund.succeeded 2',
    ]);
    expect(JSON.stringify(events)).not.toContain('grace');
    const succeeded = events.find(({ type }) => type === 'payment.succeeded');
    expect(succeeded?.data).toMatchObject({
      payment_order_id: order,
      amount: '10.00',
      payment_order_status: 'SUCCESS',
      wallet_updated: true,
    });

    const { body: page } = await stack.call<{ next_cursor: string }>('GET', '/v1/events?limit=100');
    await stack.refund(order, { amount: '2.00' });
    const next = await until(
      async () => (await stack.call<{ data: Event[] }>('GET', `/v1/events?after=${page.next_cursor}`)).body.data,
      (found) => found.some(({ type }) => type === 'refund.succeeded'),
    );
    expect(next.every(({ resource_id: id }) => !ids.includes(id))).toBe(true);
  });

  it('O1 what is not committed is not told of: a refused twin leaves no event', async () => {
    const body = checkoutBody();
    await stack.post(body, { Prefer: 'wait=30' });
    await stack.post({ ...body, metadata: { other: 'body' } });
    await stack.post(body);
    const found = async () =>
      (await stack.call<{ data: Event[] }>('GET', `/v1/events?resource_id=${body.checkout_id}`)).body.data;
    await until(found, (events) => events.some(({ type }) => type === 'checkout.paid'));
    expect((await found()).map(({ type }) => type)).toEqual(['checkout.open', 'checkout.paid']);
  });

  const counting = () => {
    const taken: string[][] = [];
    const sink: Sink = {
      name: unique('sink'),
      take: (events) => {
        taken.push(events.map(({ eventId }) => eventId));
        return Promise.resolve();
      },
    };
    return { taken, sink };
  };

  it('a sink that fails gets the same events again, and two relays at once make no event twice', async () => {
    const { taken, sink } = counting();
    const failing: Sink = {
      ...sink,
      take: async (events) => {
        await sink.take(events);
        throw new Error('away');
      },
    };
    const { events } = stack.databases;
    await expect(feedSink(events, failing, 'one', noFailpoints)).rejects.toThrow('away');
    await feedSink(events, sink, 'one', noFailpoints);
    expect(taken[0]?.length).toBeGreaterThan(0);
    expect(taken[1]?.slice(0, taken[0]?.length)).toEqual(taken[0]);
    await Promise.all([
      stack.refund((await stack.paid()).id, {}),
      ...Array.from({ length: 10 }, () => takeOverOutboxes(stack.databases, noFailpoints)),
    ]);
    const { rows } = await stack.owner.query(
      'SELECT resource_id, version, type FROM events.event GROUP BY 1, 2, 3 HAVING count(*) > 1',
    );
    expect(rows).toEqual([]);
  });

  it('one relay at a time feeds a sink; another goes on where one has died, and at once where one has ended', async () => {
    const { taken, sink } = counting();
    const { events } = stack.databases;
    const feed = (owner: string) => feedSink(events, sink, owner, noFailpoints);
    const results = await Promise.all(['one', 'two', 'three'].map(feed));
    expect(results.filter((result) => result.taken > 0)).toHaveLength(1);
    const { rows } = await stack.owner.query<{ leased_by: string }>(
      'SELECT leased_by FROM events.sink_position WHERE sink = $1',
      [sink.name],
    );
    const owner = rows[0]?.leased_by ?? '';
    const [other = ''] = ['one', 'two', 'three'].filter((name) => name !== owner);
    await stack.paid();
    await takeOverOutboxes(stack.databases, noFailpoints);
    expect(await feed(other)).toEqual({ taken: 0, more: false });
    // The one that had it has died, and its time is over.
    await stack.owner.query(
      "UPDATE events.sink_position SET leased_until = now() - interval '1 second' WHERE sink = $1",
      [sink.name],
    );
    expect((await feed(other)).taken).toBeGreaterThan(0);
    await releaseSink(events, sink.name, other);
    await stack.paid();
    await takeOverOutboxes(stack.databases, noFailpoints);
    expect((await feed(owner)).taken).toBeGreaterThan(0);
    const all = taken.flat();
    expect(new Set(all).size).toBe(all.length);
  });

  it('a sink that is away holds up no other', async () => {
    const { taken, sink } = counting();
    const away: Sink = { name: unique('away'), take: () => new Promise(() => undefined) };
    const stopped = new AbortController();
    const errors: unknown[] = [];
    void relayUntil(stopped.signal, {
      databases: stack.databases,
      sinks: [away, { ...sink, name: unique('broken'), take: () => Promise.reject(new Error('broken')) }, sink],
      startDelivery: () => Promise.resolve(),
      startNotification: () => Promise.resolve(),
      onError: (error) => errors.push(error),
      failpoint: noFailpoints,
    });
    const { id } = await stack.paid();
    const { rows } = await until(
      () => stack.owner.query<{ event_id: string }>('SELECT event_id FROM events.event WHERE resource_id = $1', [id]),
      (found) => found.rows.length > 0,
    );
    await until(
      () => taken.flat(),
      (ids) => rows.every(({ event_id: eventId }) => ids.includes(eventId)),
    );
    stopped.abort();
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe('webhooks out', () => {
  it('O1 an event is sent signed, as Standard Webhooks has it, to who wants its type and to nobody else', async () => {
    const all = await endpoint();
    const refunds = await endpoint(['refund.succeeded']);
    const body = checkoutBody();
    await stack.post(body, { Prefer: 'wait=30' });
    await until(
      () => at(all.path).map((one) => (JSON.parse(one.body) as Event).type),
      (types) => types.includes('checkout.paid') && types.includes('payment.succeeded'),
    );
    const sent = at(all.path).find((one) => one.body.includes('payment.succeeded'));
    const headers = sent?.headers as Record<string, string>;
    const event = new Webhook(all.secret).verify(sent?.body ?? '', headers) as Event;
    expect(event.event_id).toBe(headers['webhook-id']);
    expect(() => new Webhook(refunds.secret).verify(sent?.body ?? '', headers)).toThrow();
    expect(at(refunds.path).every((one) => (JSON.parse(one.body) as Event).type === 'refund.succeeded')).toBe(true);
    expect(verifyWebhook(sent?.body ?? '', sent?.headers ?? {}, [refunds.secret, all.secret]).event_id).toBe(
      event.event_id,
    );
    for (const [altered, with_] of [
      [`${sent?.body ?? ''} `, headers],
      [sent?.body ?? '', { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 301) }],
      [sent?.body ?? '', {}],
    ] as const)
      expect(() => verifyWebhook(altered, with_, all.secret)).toThrow(WebhookVerificationError);
    const [delivery] = (await deliveriesOf(all)).filter(({ event_id: id }) => id === event.event_id);
    expect(delivery).toMatchObject({ state: 'delivered', attempts: 1, reply: { status: 204, problem: null } });
  });

  it('while a secret is rotated it is signed with both; a test is sent at once', async () => {
    const one = await endpoint(['nothing.at_all']);
    const { body: fresh } = await stack.call<Endpoint>(
      'POST',
      `/v1/webhook_endpoints/${one.endpoint_id}/rotate_secret`,
      { old_secret_lives_hours: 1 },
    );
    const { status } = await stack.call('POST', `/v1/webhook_endpoints/${one.endpoint_id}/test`);
    expect(status).toBe(202);
    const [sent] = await until(
      () => at(one.path),
      (all) => all.length === 1,
    );
    for (const secret of [one.secret, fresh.secret])
      expect(new Webhook(secret).verify(sent?.body ?? '', sent?.headers as Record<string, string>)).toMatchObject({
        type: 'webhook.test',
      });
    const { rows } = await stack.owner.query<{ dump: string }>(
      "SELECT string_agg(e::text, ' ') AS dump FROM events.webhook_endpoint AS e",
    );
    expect(rows[0]?.dump).not.toContain(fresh.secret.slice(6, 20));
  });

  it('O1 a failing receiver is tried again later, a redirect is a failure, and a replay sends at once', async () => {
    const one = await endpoint(['checkout.open']);
    answers.set(one.path, [
      { status: 503, body: 'secret inner page' },
      { status: 302, headers: { Location: `${url}/elsewhere` } },
    ]);
    await stack.post(checkoutBody());
    const [waiting] = await until(
      () => deliveriesOf(one),
      ([first]) => first?.attempts === 1,
    );
    expect(waiting).toMatchObject({ state: 'pending', reply: { status: 503 } });
    expect(JSON.stringify(waiting)).not.toContain('inner');
    expect(Date.parse(waiting?.next_try_at ?? '')).toBeGreaterThan(Date.now());
    // Some seconds later by itself.
    await until(
      () => deliveriesOf(one),
      ([first]) => first?.attempts === 2,
    );
    expect(at('/elsewhere')).toEqual([]);
    await stack.client.workflow.getHandle(`webhook/default/${waiting?.delivery_id ?? ''}`).signal('review');
    await until(
      () => deliveriesOf(one),
      ([first]) => first?.state === 'delivered',
    );
    const { status } = await stack.call('POST', `/v1/webhook_deliveries/${waiting?.delivery_id ?? ''}/replay`);
    expect(status).toBe(202);
    await until(
      () => at(one.path),
      (all) => all.length === 4,
    );
    expect(new Set(at(one.path).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('410 disables an endpoint; disabled ones are told nothing until they are enabled', async () => {
    const one = await endpoint(['checkout.open']);
    answers.set(one.path, [{ status: 410 }]);
    await stack.post(checkoutBody());
    const found = await until(
      async () => (await stack.call<Endpoint>('GET', `/v1/webhook_endpoints/${one.endpoint_id}`)).body,
      ({ disabled_at: disabled }) => disabled !== null,
    );
    expect(found).toMatchObject({ disabled_reason: 'it answered 410 Gone' });
    // Another one is told of the same event: by then this one would have been, too.
    const witness = await endpoint(['checkout.open']);
    await stack.post(checkoutBody());
    await until(
      () => at(witness.path),
      (all) => all.length === 1,
    );
    expect(at(one.path)).toHaveLength(1);
    expect(await deliveriesOf(one)).toHaveLength(1);
    await stack.call('POST', `/v1/webhook_endpoints/${one.endpoint_id}/enable`);
    await stack.post(checkoutBody());
    await until(
      () => at(one.path),
      (all) => all.length === 2,
    );
  });

  it('what was given up is a dead letter, by state', async () => {
    const one = await endpoint(['nothing.at_all']);
    answers.set(one.path, [{ status: 500 }]);
    await stack.call('POST', `/v1/webhook_endpoints/${one.endpoint_id}/test`);
    await until(
      async () =>
        (
          await stack.call<{ data: Delivery[] }>(
            'GET',
            `/v1/webhook_deliveries?state=dead&endpoint_id=${one.endpoint_id}`,
          )
        ).body.data,
      (dead) => dead.length === 1,
    );
  });

  it('O1 tries go on for more than three days, further and further apart, spread by chance', () => {
    const pauses = Array.from({ length: mostTries - 1 }, (_, index) => pauseAfter(index + 1, 0.5, null) ?? 0);
    expect(pauses.reduce((sum, seconds) => sum + seconds, 0)).toBeGreaterThan(3 * 86_400);
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauseAfter(1, 0, null)).toBeLessThan(pauseAfter(1, 0.99, null) ?? 0);
    expect(pauseAfter(1, 0.5, 120)).toBe(120);
    expect(pauseAfter(mostTries, 0.5, null)).toBeUndefined();
  });
});

describe('where webhooks may go', () => {
  const nowhere = { allowLoopback: false };
  it.each([
    'http://shop.example/hooks',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://[fd00::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost/',
    'https://a.localhost/',
    'https://intranet/',
    'https://user:pass@shop.example/',
    'https://shop.example:22/',
    'https://shop.example/#x',
    'ftp://shop.example/',
    'not a url',
  ])('%s is refused at registration, by field', async (address) => {
    expect(() => checkedUrl(address, nowhere)).toThrow(/^must /);
    if (/127|localhost|\/0\/|7f0|213|::1\]/.test(address)) return;
    const { status, body } = await stack.call<Problem>('POST', '/v1/webhook_endpoints', { url: address });
    expect(status).toBe(422);
    expect(body.errors?.[0]?.pointer).toBe('/url');
  });

  it('https to a public name is taken; loopback only where it is allowed', () => {
    for (const good of [
      'https://shop.example/hooks',
      'https://shop.example:8443/h?x=1',
      'https://93.184.215.14/',
      'https://[2606:2800:21f::1]/',
    ])
      expect(checkedUrl(good, nowhere).href).toContain('https://');
    expect(checkedUrl('http://127.0.0.1:9/', { allowLoopback: true }).port).toBe('9');
    expect(() => checkedUrl('http://10.0.0.1:9000/', { allowLoopback: true })).toThrow();
  });

  it('a name that leads to this machine is refused when it is connected to, whatever it said before', async () => {
    const outcome = await new Promise<Error | null>((resolve) => {
      guardedLookup(nowhere)('localhost', { all: true }, (error) => resolve(error));
    });
    expect(outcome?.message).toBe('must be an address of the public internet');
    // As stored by an administrator, or as the name was changed later: nothing is sent.
    const one = await endpoint(['nothing.at_all']);
    await stack.owner.query('UPDATE events.webhook_endpoint SET url = $1 WHERE endpoint_id = $2', [
      'http://10.0.0.1/',
      one.endpoint_id,
    ]);
    await stack.call('POST', `/v1/webhook_endpoints/${one.endpoint_id}/test`);
    const [tried] = await until(
      () => deliveriesOf(one),
      ([first]) => first?.attempts === 1,
    );
    expect(tried?.reply).toMatchObject({ status: null, problem: 'refused_address' });
  });
});
