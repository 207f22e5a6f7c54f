import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { AddressRefused, checkedUrl, guardedLookup, type GuardSettings } from '../events/address-guard';
import { brief, type HandOver, type Outcome } from './way';

const timeoutMs = 20_000;

/**
 * Posts one message to an address that somebody has named, through the same guard as webhooks. What the other side says is not kept.
 *
 * @param goneWhen statuses by which the other side says that there is nobody any more
 */
export async function post(
  address: string,
  { headers, body }: { readonly headers: Record<string, string>; readonly body: Buffer | string },
  settings: GuardSettings,
  handOver: HandOver,
  goneWhen: readonly number[],
): Promise<Outcome> {
  let url: URL;
  try {
    url = checkedUrl(address, settings);
  } catch {
    return { state: 'refused', detail: 'the address may not be written to', bounced: true };
  }
  let isHandedOver = false;
  return new Promise<Outcome>((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, {
      method: 'POST',
      headers: { ...headers, 'user-agent': 'Paysaga', 'content-length': String(Buffer.byteLength(body)) },
      lookup: guardedLookup(settings),
      signal,
      agent: false,
    });
    request.once('response', (response) => {
      response.resume();
      resolve(outcomeOf(response.statusCode ?? 0, goneWhen));
      response.once('error', () => undefined);
    });
    request.once('error', (error) => {
      if (error instanceof AddressRefused)
        resolve({ state: 'refused', detail: 'the address may not be written to', bounced: true });
      else resolve({ state: isHandedOver ? 'unknown' : 'deferred', detail: brief(error.message) });
    });
    // A body that has no end yet is no message: it goes out when that is written down.
    request.once('socket', (socket) => {
      const go = (): void => {
        handOver().then(
          () => {
            isHandedOver = true;
            request.end(body);
          },
          (error: unknown) => request.destroy(error instanceof Error ? error : new Error(String(error))),
        );
      };
      if (socket.connecting) socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', go);
      else go();
    });
  });
}

/** 429 and 503 are said before anything is done (RFC 6585, 4; RFC 9110, 15.6.4); another 5xx leaves open what was done. */
function outcomeOf(status: number, goneWhen: readonly number[]): Outcome {
  const detail = `HTTP ${String(status)}`;
  if (status >= 200 && status < 300) return { state: 'delivered', detail };
  if (status === 429 || status === 503) return { state: 'deferred', detail };
  if (status >= 500) return { state: 'unknown', detail };
  return { state: 'refused', detail, bounced: goneWhen.includes(status) };
}
