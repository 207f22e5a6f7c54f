import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Admin, Consumer, stringDeserializers, type Message } from '@platformatic/kafka';
import { CloudEvent, ValidationError } from 'cloudevents';
import { kafkaSink } from '../../events/kafka-sink';
import { relayUntil } from '../../events/relay-loop';
import { findKafka } from '../../scripts/tools.mjs';
import { noFailpoints } from '../support/failpoints';
import { startKafka, type KafkaBroker } from '../support/kafka';
import { checkoutBody, TestStack, unique } from '../support/stack';

type Received = Message<string, string, string, string>;
interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly source: string;
  readonly partitionkey: string;
  readonly resourceversion: number;
  readonly data: Record<string, unknown>;
}

const tools = findKafka();
if (tools === undefined) console.warn('no Kafka broker here (Java and Maven fetch one): its test is skipped');

(tools === undefined ? describe.skip : describe)('events to Kafka', () => {
  const topic = unique('events');
  const received: Received[] = [];
  const errors: unknown[] = [];
  const stops: (() => Promise<unknown>)[] = [];
  let stack: TestStack;
  let broker: KafkaBroker;

  beforeAll(async () => {
    if (tools === undefined) return;
    [stack, broker] = await Promise.all([TestStack.start(), startKafka(tools)]);
    await broker.start();
    const cluster = { clientId: 'tests', bootstrapBrokers: [broker.address] };
    const admin = new Admin(cluster);
    await admin.createTopics({ topics: [topic], partitions: 3, replicas: 1 });
    await admin.close();
    const stopped = new AbortController();
    const relaying = relayUntil(stopped.signal, {
      databases: stack.databases,
      sinks: [kafkaSink({ brokers: [broker.address], topic, tls: false })],
      startDelivery: () => Promise.resolve(),
      startNotification: () => Promise.resolve(),
      onError: (error) => errors.push(error),
      failpoint: noFailpoints,
    });
    stops.push(async () => {
      stopped.abort();
      await relaying;
    });
  });
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
    await stack.stop();
    await broker.remove();
  });

  /** Reads the topic from its first message on, while something is done. */
  async function listening(act: () => Promise<void>): Promise<void> {
    received.length = 0;
    const consumer = new Consumer({
      clientId: 'tests',
      groupId: unique('group'),
      bootstrapBrokers: [broker.address],
      deserializers: stringDeserializers,
    });
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    stream.on('data', (message: Received) => received.push(message));
    await act();
    await stream.close();
    await consumer.close();
  }

  const envelopes = (): Envelope[] => received.map(({ value }) => JSON.parse(value) as Envelope);
  const eventIds = async (): Promise<string[]> => {
    const { rows } = await stack.owner.query<{ event_id: string }>(
      'SELECT event_id FROM events.event ORDER BY sequence',
    );
    return rows.map((row) => row.event_id);
  };
  const allThere = () =>
    stack.eventually(async () => {
      const there = new Set(envelopes().map(({ id }) => id));
      const missing = (await eventIds()).filter((id) => !there.has(id));
      return missing.length === 0
        ? undefined
        : `${String(missing.length)} events are missing: ${String(errors.at(-1))}`;
    });

  it('O1 each is a CloudEvent as its specification has it, under its resource as the key, and in order', async () => {
    const body = checkoutBody();
    const order = body.payment_orders[0]?.payment_order_id ?? '';
    await stack.post(body, { Prefer: 'wait=30' });
    await stack.refund(order, { amount: '1.00' }, { Prefer: 'wait=30' });
    await listening(async () => {
      await stack.eventually(() =>
        Promise.resolve(
          envelopes().some(({ type }) => type === 'paysaga.refund.succeeded') ? undefined : 'no refund yet',
        ),
      );
      await allThere();
    });
    for (const { key, value, headers } of received) {
      const event = JSON.parse(value) as Envelope;
      expect(headers.get('content-type')).toBe('application/cloudevents+json; charset=UTF-8');
      expect(key).toBe(event.partitionkey);
      expect(() => new CloudEvent(event as never).validate()).not.toThrow(ValidationError);
    }
    const ofOrder = envelopes().filter(({ subject }) => subject === `payment/${order}`);
    expect(ofOrder.at(-1)).toMatchObject({
      source: '/merchants/default',
      type: 'paysaga.payment.succeeded',
      data: { payment_order_id: order, payment_order_status: 'SUCCESS' },
    });
    const partitions = new Map<string, number>();
    const versions = new Map<string, number>();
    for (const { key, partition, value } of received) {
      const { resourceversion: version } = JSON.parse(value) as Envelope;
      expect(partitions.get(key) ?? partition).toBe(partition);
      expect(version).toBeGreaterThan(versions.get(key) ?? 0);
      partitions.set(key, partition);
      versions.set(key, version);
    }
  });

  it('O1 a broker that is killed loses nothing: what happens meanwhile comes when it is back', async () => {
    await broker.kill();
    const body = checkoutBody();
    const { body: checkout } = await stack.post(body, { Prefer: 'wait=30' });
    expect(checkout.checkout_status).toBe('paid');
    await stack.eventually(() => Promise.resolve(errors.length > 0 ? undefined : 'nobody has noticed yet'));
    await broker.start();
    await listening(allThere);
    expect(envelopes().filter(({ subject }) => subject === `checkout/${body.checkout_id}`).length).toBeGreaterThan(0);
  });
});
