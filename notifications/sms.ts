import twilio from 'twilio';
import { brief, longestTryMs, type HandOver, type Outcome } from './way';

/** An account at Twilio. */
export interface SmsSettings {
  readonly accountSid: string;
  readonly authToken: string;
  /** A number of the account's, or the id of a messaging service (`MG…`). */
  readonly from: string;
  /** A stand-in, or a region's host; unset means Twilio's own. */
  readonly url?: string | undefined;
}

export type SendSms = (to: string, text: string, handOver: HandOver) => Promise<Outcome>;

/** Numbers that will never take a message (twilio.com/docs/api/errors). */
const deadNumbers = new Set([21211, 21214, 21217, 21219, 21401, 21407, 21421, 21604, 21610, 21612, 21614]);

/** Sends one SMS through Twilio, which knows no idempotency keys: what may have gone out is never sent again. */
export function smsWay({ accountSid, authToken, from, url }: SmsSettings): SendSms {
  const client = twilio(accountSid, authToken, { timeout: longestTryMs - 5_000, maxRetries: 0, autoRetry: false });
  if (url !== undefined) client.api.baseUrl = url.replace(/\/+$/, '');
  return async (to, text, handOver) => {
    await handOver();
    try {
      const { sid } = await client.messages.create({
        to,
        body: text,
        ...(from.startsWith('MG') ? { messagingServiceSid: from } : { from }),
      });
      return { state: 'delivered', detail: sid };
    } catch (error) {
      return outcomeOf(error);
    }
  };
}

const unreached = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function outcomeOf(error: unknown): Outcome {
  const {
    status,
    code,
    message = '',
  } = error as { readonly status?: number; readonly code?: number | string; readonly message?: string };
  const detail = brief(`${String(code ?? status ?? '')} ${message}`);
  if (typeof code === 'string' && unreached.has(code)) return { state: 'deferred', detail };
  if (status === undefined || status >= 500) return { state: 'unknown', detail };
  // Ours to mend, or Twilio's to let through a moment later.
  if (status === 429 || status === 401 || status === 403) return { state: 'deferred', detail };
  return { state: 'refused', detail, bounced: typeof code === 'number' && deadNumbers.has(code) };
}
