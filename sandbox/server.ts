import { createHash } from 'node:crypto';
import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'qs';
import { Connect } from './connect';
import { Control } from './control';
import { eventsOf } from './events';
import { Faults, type Fault } from './faults';
import type { PaymentIntent } from './objects';
import { dispatch } from './routes';
import { servePage } from './pages';
import { Rates } from './rates';
import { Store, type JournalCall, type LogRecord, type StoredObject } from './store';
import { StripeApi } from './stripe-api';
import { invalid, StripeError } from './stripe-error';
import { WebhookSender, type WebhookEndpoint } from './webhooks';
import { accountOfKey, send } from './wire';

const keyLifeMs = 24 * 3600 * 1000;
/** A caller whose answer a fault withholds gives up first; this only bounds what is kept open. */
const longestHoldMs = 60_000;
const bodyLimit = 1_000_000;
const maturationMs = 100;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  readonly account: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly status: number;
  /** Whether execution had begun: only then has it an effect and is kept under its key. A decline has (its failed charge). */
  readonly executed: boolean;
  readonly body: unknown;
}

/** The PSP sandbox: Stripe's wire protocol over a durable store, with faults on demand and a journal for the doubtful. */
export class Sandbox {
  readonly faults = new Faults();
  readonly rates = new Rates();
  readonly store: Store;
  readonly sender: WebhookSender;
  private readonly inFlight = new Set<string>();
  private readonly control = new Control(this);
  private readonly server: Server;
  private clockOffsetMs = 0;
  /** Payouts and refunds whose end is still to come. */
  private readonly maturing = new Set<string>();
  private readonly maturation: NodeJS.Timeout;

  constructor(path: string) {
    this.store = new Store(path);
    this.sender = new WebhookSender(this.now, (id) => this.store.write({ settled: [id] }));
    this.server = createServer((request, response) => {
      // Clients let go of an idle connection well before it is closed here, or they would send into a closing one.
      response.setHeader('Keep-Alive', 'timeout=50');
      this.serve(request, response).catch((error: unknown) => {
        console.error('sandbox:', error);
        send(response, 500, { error: { type: 'api_error', message: 'An unknown error occurred in the sandbox.' } });
      });
    });
    this.server.keepAliveTimeout = 65_000;
    for (const account of this.store.accounts())
      for (const kind of ['payout', 'refund'])
        for (const { value, hidden } of this.store.list(account, kind))
          if (typeof hidden?.['finishAtMs'] === 'number') this.maturing.add(value.id);
    this.maturation = setInterval(() => this.mature(), maturationMs).unref();
  }

  /** Ends what a bank would end by now. */
  private mature(): void {
    for (const id of this.maturing) {
      const account = this.accountOf(id);
      const stored = account === undefined ? undefined : this.store.find(account, id);
      if (account === undefined || Number(stored?.hidden?.['finishAtMs']) > Date.now()) continue;
      this.maturing.delete(id);
      void this.act(account, '', (api) => {
        if (stored?.value.object === 'payout') new Connect(api).mature(id);
        else {
          const refund = api.get('refund', id);
          api.save(refund, {});
          if (refund['status'] === 'succeeded') api.finishRefund(id, 'failed');
        }
      });
    }
  }

  /** Starts listening on loopback and answers the port. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject).listen(port, '127.0.0.1', () => {
        const address = this.server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Sends events to an endpoint from now on, those first that an earlier process left unsent. */
  setWebhookEndpoint(endpoint: WebhookEndpoint): void {
    this.sender.setEndpoint(endpoint);
    for (const { account, value } of this.store.unsentEvents()) {
      const platform = this.store.platformOf(account);
      if (endpoint.account === null || endpoint.account === platform) void this.sender.send(platform, [value]);
    }
  }

  advanceClock(seconds: number): string {
    this.clockOffsetMs += seconds * 1000;
    return new Date(this.now()).toISOString();
  }

  async close(): Promise<void> {
    clearInterval(this.maturation);
    this.sender.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    this.store.close();
  }

  now = (): number => Date.now() + this.clockOffsetMs;

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const method = request.method ?? 'GET';
    const text = await readBody(request);
    if (url.pathname === '/favicon.ico') {
      response.writeHead(204).end();
      return;
    }
    const listed = this.rates.answer(url.pathname, this.now());
    if (listed !== undefined) {
      response.writeHead(listed.status, { 'Content-Type': listed.type }).end(listed.body);
      return;
    }
    if (url.pathname.startsWith('/c/')) return servePage(this, request, response, url.pathname, text);
    if (url.pathname === '/' || url.pathname.startsWith('/console/') || url.pathname.startsWith('/_sandbox/'))
      return this.control.serve(request, response, url, text);
    const secret = /^Bearer (sk_test_\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (secret === undefined) {
      send(response, 401, {
        error: {
          type: 'invalid_request_error',
          message: 'Invalid API Key provided. The sandbox takes any that starts with sk_test_.',
        },
      });
      return;
    }
    const params = parse(method === 'GET' ? url.search.slice(1) : text, {
      depth: 10,
      arrayLimit: 100,
      parameterLimit: 2_000,
    });
    const account = this.actingAs(request, accountOfKey(secret));
    if (account === undefined) {
      send(response, 403, {
        error: {
          type: 'invalid_request_error',
          code: 'account_invalid',
          message: 'The provided key does not have access to the account in Stripe-Account.',
        },
      });
      return;
    }
    const exchange: Exchange = { request, response, method, path: url.pathname, account, params };
    return method === 'POST' ? this.mutate(exchange) : this.read(exchange);
  }

  /** The caller's own account, or the connected one of its that `Stripe-Account` names. */
  private actingAs(request: IncomingMessage, platform: string): string | undefined {
    const named = request.headers['stripe-account'];
    if (typeof named !== 'string') return platform;
    return this.store.find(platform, named)?.value.object === 'account' ? named : undefined;
  }

  private async read(exchange: Exchange): Promise<void> {
    const fault = this.faults.strike({
      method: exchange.method,
      path: exchange.path,
      metadata: this.subject(exchange).metadata,
    });
    if (fault !== undefined && (await this.before(exchange, fault))) return;
    const answer = this.attempt(this.api(exchange), exchange);
    send(exchange.response, answer.status, answer.body);
  }

  /** A call that changes something: faults, then the idempotency layer, then the effect, written before the answer leaves. */
  private async mutate(exchange: Exchange, faultless = false): Promise<void> {
    const { request, response, method, path, account, params } = exchange;
    const subject = this.subject(exchange);
    const fault = faultless ? undefined : this.faults.strike({ method, path, metadata: subject.metadata });
    const header = request.headers['idempotency-key'];
    const key = typeof header === 'string' ? header : null;
    const journal = (result: JournalCall['result'], status: number, object: string | null): JournalCall => ({
      at: new Date(this.now()).toISOString(),
      account,
      method,
      path,
      idempotency_key: key,
      payment_order_id: subject.metadata['payment_order_id'] ?? null,
      refund_id: subject.metadata['refund_id'] ?? null,
      payout_id: subject.metadata['payout_id'] ?? null,
      operation: subject.metadata['operation'] ?? null,
      result,
      status,
      object,
      fault: fault?.kind ?? null,
    });
    // 429 and 401 happen before Stripe's idempotency layer and are never kept under the key.
    if (
      fault !== undefined &&
      (fault.kind === 'rate_limit' ||
        fault.kind === 'unauthorized' ||
        fault.kind === 'refuse' ||
        fault.kind.endsWith('_before_effect'))
    ) {
      this.store.write({ call: journal('refused', fault.kind === 'rate_limit' ? 429 : 0, null) });
    }
    if (fault !== undefined && (await this.before(exchange, fault, key === null ? undefined : `${account} ${key}`)))
      return;

    if (key !== null && key.length > 255) {
      this.refuse(exchange, invalid('Keys for idempotent requests may be at most 255 characters.'), journal);
      return;
    }
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([method, path, params]))
      .digest('hex');
    this.store.pruneAnswers(this.now() - keyLifeMs);
    const earlier = key === null ? undefined : this.store.answer(account, key);
    if (key !== null && this.inFlight.has(`${account} ${key}`)) {
      this.refuse(
        exchange,
        new StripeError(
          409,
          {
            type: 'invalid_request_error',
            code: 'idempotency_key_in_use',
            message: 'There is currently another in-progress request using this Idempotency Key.',
          },
          false,
        ),
        journal,
      );
      return;
    }
    if (earlier !== undefined) {
      if (earlier.fingerprint !== fingerprint) {
        this.refuse(
          exchange,
          new StripeError(
            400,
            {
              type: 'idempotency_error',
              message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${earlier.key}'.`,
            },
            false,
          ),
          journal,
        );
        return;
      }
      this.store.write({ call: journal('replayed', earlier.status, idOf(earlier.body)) });
      if (fault !== undefined && (await this.after(exchange, fault))) return;
      response.setHeader('Idempotent-Replayed', 'true');
      send(response, earlier.status, earlier.body);
      return;
    }

    const api = this.api(exchange, fault);
    let answer = this.attempt(api, exchange);
    const { executed } = answer;
    // Stripe keeps a 500 like any other outcome: the effect stands, the answer under this key is an error for good.
    if (fault?.kind === 'error_after_effect')
      answer = {
        status: fault.status ?? 500,
        executed,
        body: { error: { type: 'api_error', message: 'An error occurred on our side.' } },
      };
    const announced = this.commit(account, executed ? api.changes() : [], key, {
      ...(key !== null &&
        executed && {
          answer: { account, key, fingerprint, status: answer.status, body: answer.body, at: this.now() },
        }),
      call: journal(
        executed && answer.status !== 402 && answer.status !== 400 ? 'executed' : 'refused',
        answer.status,
        idOf(answer.body),
      ),
    });
    await announced;
    if (fault !== undefined && (await this.after(exchange, fault))) return;
    send(response, answer.status, answer.body);
  }

  private refuse(
    exchange: Exchange,
    error: StripeError,
    journal: (result: 'refused', status: number, object: null) => JournalCall,
  ): void {
    this.store.write({ call: journal('refused', error.status, null) });
    send(exchange.response, error.status, { error: error.body });
  }

  private api(exchange: Exchange, fault?: Fault): StripeApi {
    return new StripeApi(this.store, {
      account: exchange.account,
      params: exchange.params,
      nowSeconds: Math.floor(this.now() / 1000),
      baseUrl: `http://${exchange.request.headers.host ?? '127.0.0.1'}`,
      ...(fault?.kind === 'decline' && {
        orderedDecline: { declineCode: fault.decline_code ?? 'generic_decline', adviceCode: fault.advice_code },
      }),
    });
  }

  private attempt(api: StripeApi, exchange: Exchange): Answer {
    try {
      const body = dispatch(api, exchange.method, exchange.path);
      return { status: 200, executed: true, body: expand(body, exchange.params['expand'], api) };
    } catch (error) {
      if (!(error instanceof StripeError)) throw error;
      return { status: error.status, executed: error.executed, body: { error: error.body } };
    }
  }

  /** Whose money a call is about: its own metadata, or those of the object it names; of a list by customer, that one's. */
  private subject(exchange: Exchange): { metadata: Record<string, string> } {
    const own = exchange.params['metadata'];
    const named =
      /^\/v1\/payment_intents\/(pi_[A-Za-z0-9]+)/.exec(exchange.path)?.[1] ??
      exchange.params['payment_intent'] ??
      (exchange.method === 'GET' ? exchange.params['customer'] : undefined);
    const target =
      typeof named === 'string'
        ? (this.store.find(exchange.account, named)?.value as PaymentIntent | undefined)
        : undefined;
    return { metadata: { ...target?.metadata, ...(typeof own === 'object' ? (own as Record<string, string>) : {}) } };
  }

  /** Faults before the effect. Answers whether the call ends here. */
  private async before(exchange: Exchange, fault: Fault, lock?: string): Promise<boolean> {
    const { response } = exchange;
    switch (fault.kind) {
      case 'rate_limit':
        response.setHeader('Retry-After', '1');
        send(response, 429, {
          error: {
            type: 'invalid_request_error',
            code: 'rate_limit',
            message: 'Too many requests hit the API too quickly.',
          },
        });
        return true;
      case 'unauthorized':
        send(response, 401, { error: { type: 'invalid_request_error', message: 'Invalid API Key provided.' } });
        return true;
      case 'refuse':
        send(response, 400, {
          error: { type: 'invalid_request_error', message: 'The sandbox was told to refuse this.' },
        });
        return true;
      case 'error_before_effect':
        send(response, fault.status ?? 500, {
          error: { type: 'api_error', message: 'An error occurred on our side.' },
        });
        return true;
      case 'drop_before_effect':
        exchange.request.socket.destroy();
        return true;
      case 'timeout_before_effect':
        await pause(fault.delay_ms ?? longestHoldMs);
        exchange.request.socket.destroy();
        return true;
      case 'slow':
        if (lock !== undefined) this.inFlight.add(lock);
        await pause(Math.min(fault.delay_ms ?? 1_000, longestHoldMs));
        if (lock !== undefined) this.inFlight.delete(lock);
        return false;
      case 'late_effect':
        // The caller is told nothing and sees nothing for a while; then the money moves after all.
        setTimeout(
          () => void this.mutate({ ...exchange, response: new ServerResponse(exchange.request) }, true),
          fault.delay_ms ?? 2_000,
        ).unref();
        exchange.request.socket.destroy();
        return true;
      case 'timeout_after_effect':
      case 'error_after_effect':
      case 'drop_after_effect':
      case 'decline':
        return false;
    }
  }

  /** Faults after the effect: the money has moved and the caller doesn't learn it. */
  private async after(exchange: Exchange, fault: Fault): Promise<boolean> {
    if (fault.kind === 'drop_after_effect') {
      exchange.request.socket.destroy();
      return true;
    }
    if (fault.kind === 'timeout_after_effect') {
      await pause(fault.delay_ms ?? longestHoldMs, undefined, { ref: false });
      exchange.request.socket.destroy();
      return true;
    }
    return false;
  }

  accountOf(id: string): string | undefined {
    return this.store.accounts().find((account) => this.store.find(account, id) !== undefined);
  }

  /** Does something as one call does: its changes are kept together, and their events are on their way. */
  async act<Result>(
    account: string,
    baseUrl: string,
    verb: (api: StripeApi) => Result,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<Result> {
    const nowSeconds = Math.floor(this.now() / 1000);
    const api = new StripeApi(this.store, { account, params, nowSeconds, baseUrl });
    const result = verb(api);
    await this.commit(account, api.changes(), null, {});
    return result;
  }

  /** Keeps changes with their events, and sends the events. Resolves when those that are to come before the answer have come. */
  private commit(
    account: string,
    changes: readonly StoredObject[],
    key: string | null,
    record: LogRecord,
  ): Promise<void> {
    const events = eventsOf(
      changes,
      (owner, id) => this.store.find(owner, id),
      Math.floor(this.now() / 1000),
      key,
      (owner) => this.store.owned(owner) !== undefined,
    );
    const objects = [...changes, ...events];
    if (objects.length > 0 || record.call !== undefined)
      this.store.write({ ...(objects.length > 0 && { objects }), ...record });
    for (const { value, hidden } of changes)
      if (typeof hidden?.['finishAtMs'] === 'number') this.maturing.add(value.id);
    return this.sender.send(
      this.store.platformOf(account),
      events.map(({ value }) => value),
    );
  }
}

/** `expand[]=latest_charge` and deeper, as Stripe does it. */
function expand(body: unknown, wanted: unknown, api: StripeApi): unknown {
  if (!Array.isArray(wanted)) return body;
  const copy = structuredClone(body) as Record<string, unknown>;
  for (const path of wanted as string[]) {
    let targets: Record<string, unknown>[] = [copy];
    for (const name of path.split('.')) {
      targets = targets.flatMap((target) => {
        if (name === 'data') return target['data'] as Record<string, unknown>[];
        const id = target[name];
        const found = typeof id === 'string' ? api.lookUp(id) : undefined;
        if (found !== undefined) target[name] = structuredClone(found);
        const inner = target[name] as Record<string, unknown> | string | null | undefined;
        return typeof inner === 'object' && inner !== null ? [inner] : [];
      });
    }
  }
  return copy;
}

const idOf = (body: unknown): string | null => {
  const id =
    (body as { id?: unknown; error?: { payment_intent?: { id?: unknown } } }).id ??
    (body as { error?: { payment_intent?: { id?: unknown } } }).error?.payment_intent?.id;
  return typeof id === 'string' ? id : null;
};

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > bodyLimit) throw new RangeError('body too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
