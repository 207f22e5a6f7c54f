import { pauseAfter } from '../domain/webhook-delivery';
import { sendWebhook, type Reply } from '../events/webhook-sender';
import { findEvent } from '../prisma/event';
import {
  findDelivery,
  findEndpoint,
  recordDeliveryTry,
  setEndpointDisabled,
  type DeliveryState,
  type WebhookEndpointRecord,
} from '../prisma/webhook-endpoint';
import { open } from '../providers/secret-box';
import type { Dependencies } from './dependencies';

/** How a delivery stands after a try. */
export interface TriedDelivery {
  readonly state: DeliveryState;
  readonly afterSeconds: number | null;
  /** For people: "503", "timed_out". */
  readonly what: string;
}

const gone = 410;

/**
 * Sends one event to one endpoint, once, and says when to try again. A retry is safe: receivers know an event by its id, and
 * may get it more than once (at least once is the promise).
 *
 * @param input.tries how often it was tried since it was begun
 */
export async function deliverWebhook(
  { databases, webhooks }: Dependencies,
  input: { readonly merchantId: string; readonly deliveryId: string; readonly tries: number },
): Promise<TriedDelivery> {
  const { events } = databases;
  const delivery = await findDelivery(events, input);
  const endpoint = delivery === undefined ? undefined : await findEndpoint(events, delivery);
  const event = delivery === undefined ? undefined : await findEvent(events, input.merchantId, delivery.eventId);
  if (delivery === undefined || endpoint === undefined || event === undefined)
    return { state: 'dead', afterSeconds: null, what: 'not there' };
  const isTest = event.type === 'webhook.test';
  if (endpoint.disabledAt !== null && !isTest) {
    await recordDeliveryTry(events, input, {
      state: 'disabled',
      status: null,
      problem: 'endpoint_disabled',
      bytes: null,
      ms: null,
      nextTryAt: null,
    });
    return { state: 'disabled', afterSeconds: null, what: 'endpoint disabled' };
  }
  const secrets = secretsOf(endpoint, webhooks.secretsKey);
  const reply = await sendWebhook({ url: endpoint.url, secrets }, event, webhooks);
  const good = reply.problem === null && reply.status !== null && reply.status >= 200 && reply.status < 300;
  if (reply.status === gone) await setEndpointDisabled(events, endpoint, 'it answered 410 Gone');
  const tries = input.tries + 1;
  // A test is told of at once, and a receiver that is gone is not asked again.
  const pause =
    good || isTest || reply.status === gone ? undefined : pauseAfter(tries, Math.random(), reply.retryAfterSeconds);
  const state: DeliveryState = good
    ? 'delivered'
    : reply.status === gone
      ? 'disabled'
      : pause === undefined
        ? 'dead'
        : 'pending';
  const nextTryAt = pause === undefined ? null : new Date(Date.now() + pause * 1_000);
  await recordDeliveryTry(events, input, { ...reply, state, nextTryAt });
  return { state, afterSeconds: pause ?? null, what: whatOf(reply) };
}

const whatOf = ({ status, problem }: Reply): string => problem ?? String(status ?? 'no answer');

/** The present secret, and the one before while it is still signed with. */
function secretsOf(endpoint: WebhookEndpointRecord, secretsKey: Buffer): string[] {
  const { merchantId, endpointId, secretSealed, previousSecretSealed, previousSecretUntil } = endpoint;
  const context = `${merchantId}:webhook:${endpointId}`;
  const old =
    previousSecretSealed !== null && previousSecretUntil !== null && previousSecretUntil > new Date()
      ? [previousSecretSealed]
      : [];
  return [secretSealed, ...old].map((sealed) => open(sealed, secretsKey, context));
}
