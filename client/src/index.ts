import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import createFetchClient from 'openapi-fetch';
import { Webhook } from 'standardwebhooks';
import type { components, operations } from './api';
import { routes } from './routes';

/** What the API answers with, by name: `Schemas['Checkout']`. */
export type Schemas = components['schemas'];
export type OperationId = keyof operations & keyof typeof routes;

type Success<Responses> = {
  [Status in keyof Responses]: Status extends 200 | 201 | 202
    ? Responses[Status] extends { content: { 'application/json': infer Body } }
      ? Body
      : Responses[Status] extends { content: { 'text/csv': infer Text } }
        ? Text
        : never
    : never;
}[keyof Responses];

/** What a call answers with. */
export type AnswerOf<Id extends OperationId> = Success<operations[Id]['responses']>;

type PathPart<Operation> = Operation extends { parameters: { path: { id: string } } }
  ? { readonly id: string }
  : unknown;
type QueryPart<Operation> = Operation extends { parameters: { query?: infer Query } }
  ? [Query] extends [undefined]
    ? unknown
    : Operation extends { parameters: { query: infer Needed } }
      ? { readonly query: Needed }
      : { readonly query?: Exclude<Query, undefined> }
  : unknown;
type BodyPart<Operation> = Operation extends { requestBody: { content: { 'application/json': infer Body } } }
  ? { readonly body: Body }
  : Operation extends { requestBody?: { content: { 'application/json': infer Body } } }
    ? { readonly body?: Body }
    : unknown;

/** What every call may be told besides. */
export interface CallOptions {
  /** Seconds to wait for the outcome, up to 60, where a call has one to wait for. */
  readonly wait?: number;
  /** Your own key; without one each call that changes something gets a new one, kept over its repeats. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** What a call needs: an id, a query, a body, as the API describes it. */
export type InputOf<Id extends OperationId> = PathPart<operations[Id]> &
  QueryPart<operations[Id]> &
  BodyPart<operations[Id]> &
  CallOptions;

/** The API, a function per call: `paysaga.createPayment({ body, wait: 10 })`. */
export type Paysaga = {
  readonly [Id in OperationId]: CallOptions extends InputOf<Id>
    ? (input?: InputOf<Id>) => Promise<AnswerOf<Id>>
    : (input: InputOf<Id>) => Promise<AnswerOf<Id>>;
};

export interface PaysagaOptions {
  /** Such as `https://pay.example.com`. */
  readonly apiUrl: string;
  readonly apiKey: string;
  /** How often a call is repeated that failed for a reason that passes. @default 4 */
  readonly retries?: number;
  /** How long one try may take, besides what it is told to wait. @default 15000 */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

/** A call that was refused: what, why, and where (RFC 9457). `type` is stable; program against it. */
export class PaysagaError extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
    /** The fields that are wrong, by JSON pointer. */
    readonly errors: readonly { readonly pointer: string; readonly detail: string }[],
    /** Quote it when you ask about a call. */
    readonly requestId: string | null,
    /** The whole answer, with what some problems say besides. */
    readonly problem: Readonly<Record<string, unknown>>,
  ) {
    super(message);
    this.name = 'PaysagaError';
  }
}

const firstPauseMs = 250;
const longestPauseMs = 8_000;
const inProgress = 'urn:paysaga:problem:request-in-progress';

/**
 * A client of the API. Each call that changes something carries an Idempotency-Key, so that repeating it, which the client
 * does when an answer is lost, is never done twice.
 *
 * @throws PaysagaError from its calls when the API refuses; what `fetch` throws when the API can't be reached at all
 */
export function createPaysaga({
  apiUrl,
  apiKey,
  retries = 4,
  timeoutMs = 15_000,
  fetch: send = fetch,
}: PaysagaOptions): Paysaga {
  const http = createFetchClient({
    baseUrl: apiUrl.replace(/\/+$/, ''),
    headers: { Authorization: `Bearer ${apiKey}` },
    fetch: (request: Request) => repeated(request),
  });

  const repeated = async (request: Request): Promise<Response> => {
    const waited = Number(/wait=(\d+)/.exec(request.headers.get('prefer') ?? '')?.[1] ?? 0);
    for (let tries = 0; ; tries += 1) {
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs + waited * 1_000)]);
      let response: Response | undefined;
      try {
        response = await send(new Request(request.clone(), { signal }));
        if (tries >= retries || !(await passes(response))) return response;
      } catch (error) {
        if (tries >= retries || request.signal.aborted) throw error;
      }
      const told = Number(response?.headers.get('retry-after') ?? 0) * 1_000;
      const backOff = Math.min(longestPauseMs, firstPauseMs * 2 ** tries) * (0.5 + Math.random() / 2);
      await pause(Math.max(told, backOff), undefined, { signal: request.signal });
    }
  };

  // The typing is by operation, here; there it would be by path.
  const request = http.request as (
    method: string,
    path: string,
    init: object,
  ) => Promise<{
    response: Response;
    error?: unknown;
  }>;
  const call = async (id: OperationId, input: Record<string, unknown> & CallOptions = {}): Promise<unknown> => {
    const [method, path] = routes[id];
    const { wait, idempotencyKey, signal, body } = input;
    const headers = {
      ...(wait !== undefined && { Prefer: `wait=${String(wait)}` }),
      ...(method !== 'get' && { 'Idempotency-Key': idempotencyKey ?? randomUUID() }),
    };
    const { response, error } = await request(method, path, {
      params: { path: { id: input['id'] }, query: input['query'] },
      headers,
      parseAs: 'stream',
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
    });
    // It has read the body of a refusal already.
    if (!response.ok) throw refusal(response, error);
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
    return isJson ? response.json() : response.text();
  };

  return Object.fromEntries(
    (Object.keys(routes) as OperationId[]).map((id) => [id, (input?: CallOptions) => call(id, { ...input })]),
  ) as unknown as Paysaga;
}

/** Whether it may be different in a moment: the API is busy or away, or still answers the first of two equal calls. */
async function passes(response: Response): Promise<boolean> {
  if (response.status === 429 || response.status >= 502) return true;
  if (response.status !== 409) return false;
  const { type } = (await response.clone().json()) as { type?: unknown };
  return type === inProgress;
}

function refusal(response: Response, answer: unknown): PaysagaError {
  const problem = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>;
  const { type, title, detail, errors } = problem as {
    type?: string;
    title?: string;
    detail?: string;
    errors?: { pointer: string; detail: string }[];
  };
  return new PaysagaError(
    response.status,
    type ?? 'about:blank',
    detail ?? title ?? `the API answered ${String(response.status)}`,
    errors ?? [],
    response.headers.get('request-id'),
    problem,
  );
}

/** A webhook that was not sent by Paysaga with that secret, or long ago. */
export { WebhookVerificationError } from 'standardwebhooks';

/**
 * The event of a webhook, when it is genuine (Standard Webhooks): signed with one of your endpoint's live secrets, and sent
 * within the last five minutes. Give the body as it came, byte for byte. The same event may come again: keep its `event_id`.
 *
 * @throws WebhookVerificationError when it is not
 */
export function verifyWebhook(
  body: string | Buffer,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  secrets: string | readonly string[],
): Schemas['Event'] {
  const named = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), typeof value === 'string' ? value : '']),
  );
  const live = typeof secrets === 'string' ? [secrets] : secrets;
  let refused: unknown;
  for (const secret of live) {
    try {
      return new Webhook(secret).verify(body, named) as Schemas['Event'];
    } catch (error) {
      refused = error;
    }
  }
  throw refused instanceof Error ? refused : new RangeError('a secret is needed');
}

interface Page<Row> {
  readonly data: readonly Row[];
  readonly next_cursor: string | null;
}

/** Every row of a list, page after page: `for await (const payment of every(paysaga.listPayments))`. */
export async function* every<Row, Query extends object>(
  list: (input: { query: Query & { after?: string } }) => Promise<Page<Row>>,
  query = {} as Query,
): AsyncGenerator<Row> {
  for (let after: string | null | undefined; after !== null;) {
    const page: Page<Row> = await list({ query: { ...query, ...(after !== undefined && { after }) } });
    yield* page.data;
    after = page.next_cursor;
  }
}
