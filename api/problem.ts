import type { ErrorRequestHandler, Response } from 'express';
import { ReplyDropped } from '../failpoint';
import type { Logger } from '../log';
import { classifyStorageError } from '../prisma/storage-error';
import { requestIdOf } from './request-id';

/** Every problem the API answers with: its status and title. The names are stable; clients program against them (RFC 9457). */
export const problems = {
  'malformed-request': [400, 'The request could not be read'],
  'webhook-refused': [400, 'This is not a webhook of your PSP account'],
  unauthenticated: [401, 'A valid API key is needed'],
  forbidden: [403, 'This API key may not do that'],
  'second-factor-needed': [403, 'A second factor is needed for that'],
  'not-found': [404, 'There is no such thing here'],
  'method-not-allowed': [405, 'This path does not take that method'],
  'request-in-progress': [409, 'The first request with this key is still being answered'],
  'already-final': [409, 'It is too late for that'],
  'outcome-unknown': [409, 'The outcome of the last attempt is not known yet'],
  'payment-in-progress': [409, 'The last attempt is still on its way'],
  'not-legal-now': [409, 'That can not be done in this phase'],
  'not-capturable': [409, 'There is nothing to capture by hand'],
  'not-refundable': [409, 'There is nothing to refund'],
  'seller-not-accepting': [409, 'Nothing can be charged for this seller now'],
  'payout-blocked': [409, 'Nothing can be paid out to this seller now'],
  'second-person-needed': [409, 'Another person must agree to this'],
  'refund-exceeds-remaining': [422, 'That is more than is left to refund'],
  'id-reused': [422, 'This id came with other contents before'],
  'body-too-large': [413, 'The body is too large'],
  'unsupported-media-type': [415, 'The body must be application/json'],
  'validation-failed': [422, 'The request has mistakes'],
  'idempotency-key-reused': [422, 'This idempotency key came with another body before'],
  'checkout-id-reused': [422, 'This checkout_id came with another body before'],
  'rate-limited': [429, 'Too many requests'],
  'internal-error': [500, 'Something went wrong on our side'],
  'proof-unavailable': [503, 'The proof could not be made now'],
  'rates-unavailable': [503, 'There are no exchange rates to go by'],
  'sign-in-unavailable': [503, 'The sign-in service is away'],
  'workflows-unavailable': [503, 'The workflow engine or its workers are away'],
  'storage-unavailable': [503, 'The database is away: nothing was stored, try again'],
} as const;
export type ProblemName = keyof typeof problems;

/** One mistake: where (a JSON pointer into the body, or the name of a header or parameter) and what would be right. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** An answer that isn't a success. Thrown anywhere in a route, written by {@link problemHandler}. */
export class Problem extends Error {
  constructor(
    readonly problem: ProblemName,
    readonly detail: string,
    readonly errors: readonly FieldError[] = [],
    /** Members of the answer besides those that every problem has. */
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.name = 'Problem';
  }
}

export function sendProblem(
  response: Response,
  { problem, detail, errors, members }: Problem,
  more: Record<string, unknown> = {},
): void {
  const [status, title] = problems[problem];
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  // Rates are looked for by the half hour.
  if (problem === 'rates-unavailable') response.setHeader('Retry-After', '300');
  else if (status === 503 || problem === 'request-in-progress') response.setHeader('Retry-After', '1');
  (response.locals as { problem?: ProblemName }).problem = problem;
  response
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `urn:paysaga:problem:${problem}`,
        title,
        status,
        detail,
        ...(errors.length > 0 && { errors }),
        ...members,
        ...more,
      }),
    );
}

/** The one place where an error becomes HTTP. What it doesn't know is a 500 with nothing but a correlation id. */
export function problemHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    if (error instanceof ReplyDropped) {
      response.destroy();
      return;
    }
    if (error instanceof Problem) {
      sendProblem(response, error);
      return;
    }
    const { type, status } = error as { type?: string; status?: unknown };
    if (type === 'entity.too.large') {
      sendProblem(
        response,
        new Problem('body-too-large', 'the body may have at most 512 KiB', [
          { pointer: '', detail: 'at most 512 KiB' },
        ]),
      );
      return;
    }
    if (type === 'entity.parse.failed') {
      sendProblem(
        response,
        new Problem('malformed-request', 'the body is not valid JSON', [
          { pointer: '', detail: 'must be a JSON object' },
        ]),
      );
      return;
    }
    if (typeof status === 'number' && status < 500) {
      sendProblem(response, new Problem('malformed-request', 'the request could not be read'));
      return;
    }
    const correlationId = requestIdOf(response);
    if (classifyStorageError(error) === 'unavailable') {
      logger.warn({ err: error, correlationId, path: request.path }, 'the database is away');
      sendProblem(response, new Problem('storage-unavailable', 'try again in a moment, with the same ids'), {
        correlation_id: correlationId,
      });
      return;
    }
    logger.error({ err: error, correlationId, path: request.path }, 'a request failed');
    sendProblem(response, new Problem('internal-error', 'quote the correlation id when you ask about it'), {
      correlation_id: correlationId,
    });
  };
}
