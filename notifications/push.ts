import { generateRequestDetails } from 'web-push';
import type { GuardSettings } from '../events/address-guard';
import { post } from './post';
import type { HandOver, Outcome } from './way';

/** Who sends, towards the browsers' push services (RFC 8292). */
export interface PushSettings {
  /** A `mailto:` or `https:` address that a push service can turn to. */
  readonly subject: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

/** What a browser's `PushSubscription.toJSON()` says. */
export interface PushSubscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

export type SendPush = (
  subscription: PushSubscription,
  note: { readonly title: string; readonly url: string | null },
  handOver: HandOver,
) => Promise<Outcome>;

const keptSeconds = 24 * 3_600;
const noSuchSubscription = [404, 410];

/** Sends one web push, encrypted for its browser (RFC 8030, 8291). */
export function pushWay({ subject, publicKey, privateKey }: PushSettings, guard: GuardSettings): SendPush {
  return async (subscription, note, handOver) => {
    const { endpoint, headers, body } = generateRequestDetails(subscription, JSON.stringify(note), {
      vapidDetails: { subject, publicKey, privateKey },
      TTL: keptSeconds,
      urgency: 'high',
    });
    return post(endpoint, { headers: textsOf(headers), body }, guard, handOver, noSuchSubscription);
  };
}

const textsOf = (headers: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.toLowerCase() !== 'content-length')
      .map(([name, value]) => [name, String(value)]),
  );
