import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** Each secret key is an account of its own. */
export const accountOfKey = (secret: string): string =>
  `acct_${createHash('sha256').update(secret).digest('hex').slice(0, 16)}`;

/** Answers with JSON, unless nobody listens any more. */
export function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.writableEnded || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Request-Id': 'req_sandbox',
  });
  response.end(text);
}
