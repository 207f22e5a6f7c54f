import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Webhook } from 'standardwebhooks';
import type { EventRecord } from '../prisma/event';
import { AddressRefused, checkedUrl, guardedLookup, type GuardSettings } from './address-guard';

const timeoutMs = 15_000;
/** As much of a reply is read, and thrown away. */
const longestReply = 64 * 1024;

/** What became of a try. Of a reply only these figures are ever kept: what it says is the receiver's own. */
export interface Reply {
  readonly status: number | null;
  readonly problem: 'refused_address' | 'timed_out' | 'not_connected' | 'reply_too_long' | null;
  readonly bytes: number;
  readonly ms: number;
  readonly retryAfterSeconds: number | null;
}

/** The body of a webhook: the event as `GET /v1/events` shows it. */
export const webhookBody = (event: EventRecord): string =>
  JSON.stringify({
    event_id: event.eventId,
    type: event.type,
    resource_type: event.resourceType,
    resource_id: event.resourceId,
    resource_version: event.version,
    occurred_at: event.occurredAt.toISOString(),
    data: event.data,
  });

/**
 * Sends an event to a receiver, signed with each of its live secrets (Standard Webhooks: `webhook-id`, `webhook-timestamp`,
 * `webhook-signature`). Redirects are not followed: a 3xx is a failure like any other. Never throws for what the receiver does.
 */
export async function sendWebhook(
  { url: text, secrets }: { readonly url: string; readonly secrets: readonly string[] },
  event: EventRecord,
  settings: GuardSettings,
): Promise<Reply> {
  const startedAt = Date.now();
  const ended = (reply: Partial<Reply>): Reply => ({
    status: null,
    problem: null,
    bytes: 0,
    retryAfterSeconds: null,
    ...reply,
    ms: Date.now() - startedAt,
  });
  let url: URL;
  try {
    url = checkedUrl(text, settings);
  } catch {
    return ended({ problem: 'refused_address' });
  }
  const body = webhookBody(event);
  const now = new Date();
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Paysaga-Webhooks',
    'webhook-id': event.eventId,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(event.eventId, now, body)).join(' '),
  };
  return new Promise((resolve) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const signal = AbortSignal.timeout(timeoutMs);
    const request = send(url, { method: 'POST', headers, lookup: guardedLookup(settings), signal, agent: false });
    request.once('response', (response) => {
      let bytes = 0;
      const told = response.headers['retry-after'];
      const reply = (problem: Reply['problem']): void =>
        resolve(ended({ status: response.statusCode ?? null, problem, bytes, retryAfterSeconds: secondsOf(told) }));
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= longestReply) return;
        reply('reply_too_long');
        response.destroy();
      });
      response.once('end', () => reply(null));
      response.once('error', () => reply('timed_out'));
    });
    request.once('error', (error) => {
      const refused = error instanceof AddressRefused;
      resolve(ended({ problem: refused ? 'refused_address' : signal.aborted ? 'timed_out' : 'not_connected' }));
    });
    request.end(body);
  });
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function secondsOf(told: string | undefined): number | null {
  if (told === undefined) return null;
  const seconds = /^\d+$/.test(told) ? Number(told) : (Date.parse(told) - Date.now()) / 1_000;
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : null;
}
