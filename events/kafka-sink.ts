import { Producer, stringSerializers } from '@platformatic/kafka';
import { cloudEvent, cloudEventType, partitionKey } from './cloud-event';
import type { Sink } from './sink';

export interface KafkaSettings {
  /** `host:port` of some of the cluster's brokers. */
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly tls: boolean;
  readonly sasl?: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
    readonly username: string;
    readonly password: string;
  };
}

/**
 * Writes each event to a Kafka topic, as a structured CloudEvent (Kafka protocol binding 1.0.2, section 3.3) under its
 * resource as the key. Taken means acknowledged by all in-sync replicas; a batch that was not acknowledged whole is sent
 * again, so that a consumer may see an event twice, under the same `id`.
 */
export function kafkaSink({ brokers, topic, tls, sasl }: KafkaSettings): Sink {
  const producer = new Producer({
    clientId: 'paysaga',
    bootstrapBrokers: [...brokers],
    serializers: stringSerializers,
    acks: -1,
    retries: 2,
    retryDelay: 250,
    ...(tls && { tls: {}, tlsServerName: true }),
    ...(sasl !== undefined && { sasl }),
  });
  return {
    name: 'kafka',
    take: async (events) => {
      await producer.send({
        messages: events.map((event) => ({
          topic,
          key: partitionKey(event),
          value: JSON.stringify(cloudEvent(event)),
          headers: { 'content-type': cloudEventType },
        })),
      });
    },
    close: async () => {
      await producer.close();
    },
  };
}
