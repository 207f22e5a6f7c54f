import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { identifierPattern } from '../domain/identifiers';
import type { Logger } from '../log';
import { asMerchant } from '../prisma/tenant';
import { beginCall, endCall, type KeptAnswer } from '../prisma/call';
import type { PrismaClient } from '../prisma/database';
import { open, seal } from '../providers/secret-box';
import { callerOf } from './authentication';
import { fingerprint } from './fingerprint';
import { Problem, type ProblemName } from './problem';
import { requestIdOf } from './request-id';

/** How long an answer is kept under its idempotency key. Published in the API's description. */
export const keyLifeDays = 7;
/** A caller that has died over a call is waited for that long. Longer than any `Prefer: wait`. */
const lockSeconds = 75;

const changing = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Calls that two may make at once: what they make is guarded by its own row, and the second gets the first one's answer (I3). */
const guardedByRow = [/^\/v1\/payments$/, /^\/v1\/payments\/[^/]+\/refunds$/, /^\/v1\/payouts$/];
/** Calls whose answers hold a secret that is shown once: they are kept sealed. */
const secretAnswers = [
  /^\/v1\/webhook_endpoints$/,
  /^\/v1\/webhook_endpoints\/[^/]+\/rotate_secret$/,
  /^\/v1(\/merchants\/[^/]+)?\/api_keys$/,
  /^\/v1\/api_keys\/[^/]+\/rotate$/,
];

/** What was decided about a request that was understood and allowed: it is the answer for the life of the key, like a success. */
const decided: ReadonlySet<ProblemName> = new Set<ProblemName>([
  'already-final',
  'outcome-unknown',
  'payment-in-progress',
  'not-legal-now',
  'not-capturable',
  'not-refundable',
  'payout-blocked',
  'second-person-needed',
  'refund-exceeds-remaining',
  'id-reused',
  'checkout-id-reused',
]);

const keptHeaders = ['content-type', 'location', 'preference-applied'] as const;

/** The idempotency key of a request, quoted (the IETF draft's form) or bare (Stripe's). @throws Problem when it is sent twice or malformed */
export function idempotencyKey(request: Request): string | null {
  const values = request.headersDistinct['idempotency-key'] ?? [];
  if (values.length === 0) return null;
  const key = /^"?([\x21\x23-\x7e]{1,255}?)"?$/.exec(values[0] ?? '')?.[1];
  if (values.length > 1 || key === undefined) {
    throw new Problem('malformed-request', 'Idempotency-Key must be sent once, with 1 to 255 visible characters', [
      { pointer: 'Idempotency-Key', detail: 'must be sent once, with 1 to 255 visible characters' },
    ]);
  }
  return key;
}

/** An id for what a request makes without naming it: the same for the same key, so that a repeated call can't make a second one. */
export function idFor(prefix: string, request: Request, response: Response, otherwise: () => string): string {
  const key = idempotencyKey(request);
  if (key === null) return `${prefix}${otherwise()}`;
  const { merchantId } = callerOf(response);
  const { firstSentAt = '' } = response.locals as { firstSentAt?: string };
  const scope = [merchantId, request.method, pathOf(request), key, firstSentAt].join('\0');
  return `${prefix}${createHash('sha256').update(scope).digest('hex').slice(0, 24)}`;
}

/** The path of a call, as it is recorded and as keys are scoped by it. */
const pathOf = (request: Request): string => {
  const path = `${request.baseUrl}${request.path}`;
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
};

/** Without a header the id of a checkout plays its part. No header can hold the space, so the two never meet. */
function keyOf(request: Request, path: string): string | null {
  // A file is its content, and that is its key.
  if (path === '/v1/reconciliation/files') return null;
  const key = idempotencyKey(request);
  if (key !== null || path !== '/v1/payments') return key;
  const { checkout_id: id } = (request.body ?? {}) as { checkout_id?: unknown };
  return typeof id === 'string' && identifierPattern.test(id) ? `checkout ${id}` : null;
}

/**
 * Records every call that changes something before it is carried out, and answers a repeated one as the first was answered
 * (I2; draft-ietf-httpapi-idempotency-key-header-07): success and refusal alike. A request that was not understood, or not
 * allowed, leaves its key free; so does one that failed on our side, which may be sent again.
 */
export function recordCalls(
  identity: PrismaClient,
  { secretsKey, logger }: { readonly secretsKey: Buffer; readonly logger: Logger },
): RequestHandler {
  return async (request, response, next) => {
    if (!changing.has(request.method)) {
      next();
      return;
    }
    const { merchantId, actor, factor } = callerOf(response);
    const path = pathOf(request);
    const key = keyOf(request, path);
    const isGuarded = guardedByRow.some((route) => route.test(path));
    const call = await beginCall(identity, {
      merchantId,
      actor,
      method: request.method,
      path,
      requestId: requestIdOf(response),
      key,
      fingerprint: fingerprint(request.body ?? null),
      exclusive: !isGuarded,
      lockSeconds,
      keepDays: keyLifeDays,
      remoteAddress: request.ip ?? null,
      factor,
    });
    const isSecret = secretAnswers.some((route) => route.test(path));
    const context = `${merchantId}:${path}:${key ?? ''}`;
    const end = async (status: number, keep: { headers: Record<string, string>; body: Buffer } | null) => {
      try {
        // The platform's own calls work on another merchant's rows.
        return await asMerchant(merchantId, () =>
          endCall(identity, {
            callId: call.callId,
            merchantId,
            status,
            replayed: call.outcome === 'replay',
            ownsKey: call.outcome === 'proceed',
            reason: reasonOf(request),
            keep:
              keep === null
                ? null
                : { ...keep, body: isSecret ? seal(keep.body.toString(), secretsKey, context) : keep.body },
          }),
        );
      } catch (error) {
        // It was carried out: the answer is given, and a repeated call finds what was made.
        logger.warn({ err: error, path, requestId: requestIdOf(response) }, 'an answer could not be kept');
        return undefined;
      }
    };
    const opened = (answer: KeptAnswer): Buffer =>
      isSecret ? Buffer.from(open(answer.body, secretsKey, context)) : Buffer.from(answer.body);
    const sendKept = (answer: KeptAnswer): void => {
      for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
      response.status(answer.status).end(opened(answer));
    };
    const replay = (answer: KeptAnswer): void => {
      response.setHeader('Idempotent-Replayed', 'true');
      sendKept(answer);
    };

    if (call.outcome === 'replay') {
      await end(call.answer.status, null);
      replay(call.answer);
      return;
    }
    if (call.firstSentAt !== null)
      (response.locals as { firstSentAt?: string }).firstSentAt = call.firstSentAt.toISOString();
    const send = response.send.bind(response);
    response.send = (body: unknown) => {
      response.send = send;
      const problem = (response.locals as { problem?: ProblemName }).problem;
      const keeps = key !== null && (problem === undefined ? response.statusCode < 500 : decided.has(problem));
      const bytes = Buffer.isBuffer(body) ? body : Buffer.from(String(body));
      void end(response.statusCode, keeps ? { headers: headersOf(response), body: bytes } : null).then((earlier) => {
        if (earlier === undefined) send(body);
        // Of equal calls at once another was the first to answer. Who of them made it, the route has said.
        else if (isGuarded) sendKept(earlier);
        else replay(earlier);
      });
      return response;
    };
    if (call.outcome === 'reused' && idempotencyKey(request) === null) {
      throw new Problem('checkout-id-reused', "a checkout can't be changed once it is posted: send a new checkout_id", [
        { pointer: '/checkout_id', detail: 'came with another body before' },
      ]);
    }
    if (call.outcome === 'reused') {
      throw new Problem('idempotency-key-reused', 'send a new Idempotency-Key with a new request', [
        { pointer: 'Idempotency-Key', detail: 'came with another body before' },
      ]);
    }
    if (call.outcome === 'running')
      throw new Problem('request-in-progress', 'the first request with this Idempotency-Key is still being answered');
    next();
  };
}

function headersOf(response: Response): Record<string, string> {
  return Object.fromEntries(
    keptHeaders.flatMap((name) => {
      const value = response.getHeader(name);
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
}

/** Why a person says that it is done, for the record (X4). */
function reasonOf(request: Request): string | null {
  const { reason } = (request.body ?? {}) as { reason?: unknown };
  return typeof reason === 'string' ? reason.slice(0, 500) : null;
}
