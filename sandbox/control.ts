import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse } from 'qs';
import { Connect } from './connect';
import { consolePage } from './console';
import { openDispute } from './dispute-opening';
import { disputeOutcomes, Disputes } from './disputes';
import { finishDelayed } from './pages';
import type { Faults } from './faults';
import type { Rates } from './rates';
import type { JournalCall, Store, StripeObject } from './store';
import type { StripeApi } from './stripe-api';
import { bankStatement, lineFaults, settlementFile, spoilLine } from './settlement';
import { StripeError } from './stripe-error';
import type { WebhookEndpoint, WebhookSender } from './webhooks';
import { accountOfKey, send } from './wire';

interface Answer {
  readonly status: number;
  readonly answer: unknown;
}
const ok = (answer: unknown): Answer => ({ status: 200, answer });

/** What the controls reach of the sandbox. */
export interface ControlWorld {
  readonly faults: Faults;
  readonly rates: Rates;
  readonly store: Store;
  readonly sender: WebhookSender;
  now(): number;
  advanceClock(seconds: number): string;
  setWebhookEndpoint(endpoint: WebhookEndpoint): void;
  accountOf(id: string): string | undefined;
  act<Result>(
    account: string,
    baseUrl: string,
    verb: (api: StripeApi) => Result,
    params?: Readonly<Record<string, unknown>>,
  ): Promise<Result>;
}

/** The sandbox's own calls under `/_sandbox/`, for tests and scripts, and its console for people. */
export class Control {
  constructor(private readonly sandbox: ControlWorld) {}

  async serve(request: IncomingMessage, response: ServerResponse, url: URL, text: string): Promise<void> {
    const method = request.method ?? 'GET';
    try {
      if (url.pathname === '/' || url.pathname.startsWith('/console/')) {
        await this.console(
          `${method} ${url.pathname}`,
          url.searchParams.get('problem'),
          parse(text),
          request,
          response,
        );
        return;
      }
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
      const { status, answer } = await this.call(
        `${method} ${url.pathname.replace('/_sandbox', '')}`,
        url.searchParams,
        body,
      );
      if (typeof answer === 'string')
        response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(answer);
      else send(response, status, answer);
    } catch (error) {
      if (error instanceof StripeError) send(response, error.status, { error: error.body });
      else if (error instanceof RangeError || error instanceof SyntaxError)
        send(response, 400, { error: error.message });
      else throw error;
    }
  }

  private async call(route: string, query: URLSearchParams, body: Record<string, unknown>): Promise<Answer> {
    const { faults, sender } = this.sandbox;
    switch (route) {
      case 'GET /health':
        return ok({ status: 'ok' });
      case 'GET /faults':
        return ok({ faults: faults.list() });
      case 'POST /faults':
        return { status: 201, answer: faults.arm(body) };
      case 'DELETE /faults':
        faults.clear();
        return ok({ faults: [] });
      case 'POST /rates':
        return ok({ rates: this.sandbox.rates.tell(body) });
      case 'POST /clock':
        return ok({ now: this.sandbox.advanceClock(Number(body['advance_seconds'] ?? 0)) });
      case 'GET /journal':
        return ok(this.journal(query));
      case 'GET /totals':
        return ok({ totals: this.totals(query) });
      case 'GET /payments':
        return ok({ payments: this.payments() });
      case 'POST /disputes':
        return this.dispute(body);
      case 'POST /accounts':
        return this.account(body);
      case 'POST /settlement_lines/faults':
        return this.spoil(body);
      case 'GET /settlement_file':
        return this.file(query, (account, span) =>
          settlementFile(this.sandbox.store, account, span, this.nowSeconds(), query.get('fault') === 'wrong_totals'),
        );
      case 'GET /bank_statement':
        return this.file(query, (account, span) =>
          bankStatement(
            this.sandbox.store,
            account,
            span,
            this.nowSeconds(),
            query.get('currency') ?? 'eur',
            Number(query.get('opening') ?? 0),
          ),
        );
      case 'GET /webhooks':
        return ok(sender.state());
      case 'POST /webhooks/faults':
        return ok(sender.setFaults(body));
      case 'POST /webhooks/endpoint': {
        const { url, secret, secret_key: key, events } = body;
        if (typeof url !== 'string' || typeof secret !== 'string' || !URL.canParse(url))
          throw new RangeError('url and secret are needed');
        if (events !== undefined && !isListOfNames(events))
          throw new RangeError('events must be a list of event types; left out: all');
        const account = typeof key === 'string' ? accountOfKey(key) : null;
        this.sandbox.setWebhookEndpoint({ url, secret, account, ...(events !== undefined && { events }) });
        return { status: 201, answer: sender.state() };
      }
      default:
        return this.callAbout(route, body);
    }
  }

  private async callAbout(route: string, body: Record<string, unknown>): Promise<Answer> {
    const [, kind = '', id = ''] =
      /^POST \/(payment_intents|refunds|payouts|disputes|accounts|events)\/([A-Za-z0-9_]+)\/(?:finish|resend|verify)$/.exec(
        route,
      ) ?? [];
    if (kind === '') return { status: 404, answer: { error: `no such sandbox call: ${route}` } };
    if (kind === 'events') return ok({ answered: await this.resend(id) });
    const result = await this.about(id, (api) => this.moveOn(api, kind, id, body));
    return result === undefined ? { status: 404, answer: { error: `there is no ${id}` } } : ok(result);
  }

  /** What the world outside does to an object: a buyer, a bank, an officer who reads papers. */
  private moveOn(api: StripeApi, kind: string, id: string, body: Record<string, unknown>): unknown {
    const outcome = body['outcome'] === 'failed' ? 'failed' : 'succeeded';
    switch (kind) {
      case 'refunds':
        return api.finishRefund(id, outcome);
      case 'payouts':
        return new Connect(api).finishPayout(id, outcome === 'failed' ? 'failed' : 'paid');
      case 'accounts':
        return new Connect(api).verify(id, body);
      case 'disputes': {
        const wanted = disputeOutcomes.find((known) => known === body['outcome']);
        if (wanted === undefined) throw new RangeError(`outcome must be one of: ${disputeOutcomes.join(', ')}`);
        return new Disputes(api).finish(id, wanted, Number(body['returned_fee'] ?? 0));
      }
      default:
        return finishDelayed(api, id, outcome);
    }
  }

  /** A buyer goes to the bank about a payment: `payment_intent`, and perhaps `amount`, `reason`, `inquiry`, `fee`. */
  private async dispute(body: Record<string, unknown>): Promise<Answer> {
    const payment = body['payment_intent'];
    if (typeof payment !== 'string') throw new RangeError('payment_intent is needed');
    const made = await this.about(payment, (api) =>
      openDispute(api, api.intent(payment).latest_charge ?? '', {
        ...(body['amount'] !== undefined && { amount: Number(body['amount']) }),
        ...(body['fee'] !== undefined && { fee: Number(body['fee']) }),
        reason: typeof body['reason'] === 'string' ? body['reason'] : 'fraudulent',
        inquiry: body['inquiry'] === true,
      }),
    );
    return made === undefined
      ? { status: 404, answer: { error: `there is no ${payment}` } }
      : { status: 201, answer: made };
  }

  private readonly nowSeconds = (): number => Math.floor(this.sandbox.now() / 1000);

  /** A report of a span of time, `from` and `to` in Unix seconds, of the account of `secret_key`. */
  private file(query: URLSearchParams, make: (account: string, span: { from: number; to: number }) => string): Answer {
    const span = { from: Number(query.get('from') ?? 0), to: Number(query.get('to') ?? Number.MAX_SAFE_INTEGER) };
    const key = query.get('secret_key');
    if (key === null || Number.isNaN(span.from) || Number.isNaN(span.to))
      throw new RangeError('secret_key is needed; from and to are Unix seconds');
    return ok(make(accountOfKey(key), span));
  }

  /** What the PSP's own account of what it has moved gets wrong. */
  private async spoil(body: Record<string, unknown>): Promise<Answer> {
    const kind = lineFaults.find((known) => known === body['kind']);
    const { source, currency } = body;
    const type = (['stripe_fee', 'reserve_transaction'] as const).find((known) => known === body['type']);
    if (kind === undefined) throw new RangeError(`kind must be one of: ${lineFaults.join(', ')}`);
    if (typeof source !== 'string') throw new RangeError('source is needed: the id of what the line is about');
    const about = {
      source,
      ...(typeof currency === 'string' && { currency }),
      ...(type !== undefined && { type }),
      ...(body['by'] !== undefined && { by: Number(body['by']) }),
      ...(body['seconds'] !== undefined && { seconds: Number(body['seconds']) }),
    };
    const spoilt = await (kind === 'foreign'
      ? this.sandbox.act(accountOfKey(String(body['secret_key'])), '', (api) => spoilLine(api, kind, about))
      : this.about(source, (api) => spoilLine(api, kind, about)));
    return spoilt === undefined
      ? { status: 404, answer: { error: `there is no ${source}` } }
      : { status: 201, answer: spoilt };
  }

  /** A seller's own account, of the platform whose key is given, or of the only one there is. */
  private async account(body: Record<string, unknown>): Promise<Answer> {
    const { store } = this.sandbox;
    const platforms = store.accounts().filter((account) => store.owned(account) === undefined);
    const key = body['secret_key'];
    const platform = typeof key === 'string' ? accountOfKey(key) : platforms.length === 1 ? platforms[0] : undefined;
    if (platform === undefined) throw new RangeError('secret_key is needed: no account, or more than one, is known');
    const metadata = (body['metadata'] ?? {}) as Record<string, unknown>;
    const made = await this.sandbox.act(platform, '', (api) => new Connect(api).createOnboardedAccount(), {
      metadata,
      ...(typeof body['country'] === 'string' && { country: body['country'] }),
    });
    return { status: 201, answer: made };
  }

  private async console(
    route: string,
    problem: string | null,
    fields: Record<string, unknown>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { faults, sender, store } = this.sandbox;
    if (route === 'GET /') {
      const all = (kind: string) => store.accounts().flatMap((account) => store.list(account, kind));
      const { body, headers } = consolePage({
        payments: all('payment_intent'),
        sessions: all('checkout.session'),
        events: all('event'),
        faults: faults.list(),
        webhooks: sender.state(),
        problem,
      });
      response.writeHead(200, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
      return;
    }
    // A page elsewhere must not press these buttons.
    const origin = request.headers.origin;
    if (origin !== undefined && origin !== 'null' && new URL(origin).host !== request.headers.host) {
      send(response, 403, { error: 'not from here' });
      return;
    }
    const [, verb = '', id = ''] = /^POST \/console\/([a-z]+)(?:\/([A-Za-z0-9_]+))?$/.exec(route) ?? [];
    let location = '/';
    try {
      if (verb === 'fault') faults.arm(fields);
      else if (verb === 'calm') faults.clear();
      else if (verb === 'webhooks') sender.setFaults(fields);
      else if (verb === 'resend') await this.resend(id);
      else if (verb === 'finish')
        await this.about(id, (api) => finishDelayed(api, id, fields['outcome'] === 'failed' ? 'failed' : 'succeeded'));
      else throw new RangeError('there is no such switch');
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      location = `/?problem=${encodeURIComponent(error.message)}`;
    }
    response.writeHead(303, { Location: location }).end();
  }

  private async about<Result>(id: string, verb: (api: StripeApi) => Result): Promise<Result | undefined> {
    const account = this.sandbox.accountOf(id);
    return account === undefined ? undefined : this.sandbox.act(account, '', verb);
  }

  private async resend(id: string): Promise<boolean> {
    const account = this.sandbox.accountOf(id);
    const event = account === undefined ? undefined : this.sandbox.store.find(account, id)?.value;
    return account !== undefined && event?.object === 'event' && this.sandbox.sender.resend(account, event);
  }

  /** Every payment with its status and our ids, to be compared with our own rows. */
  private payments(): {
    id: string;
    status: string;
    amount: number;
    amount_refunded: number;
    metadata: Record<string, string>;
  }[] {
    const { store } = this.sandbox;
    return store.accounts().flatMap((account) =>
      store.list(account, 'payment_intent').map(({ value }) => {
        const charge =
          typeof value['latest_charge'] === 'string' ? store.find(account, value['latest_charge'])?.value : undefined;
        return {
          id: value.id,
          status: String(value['status']),
          amount: Number(value['amount']),
          amount_refunded: charge?.['captured'] === true ? Number(charge['amount_refunded']) : 0,
          metadata: value['metadata'] as Record<string, string>,
        };
      }),
    );
  }

  /** The calls that wanted to change something, narrowed by any of their ids. */
  private journal(query: URLSearchParams): { calls: JournalCall[] } {
    const names = ['payment_order_id', 'refund_id', 'payout_id', 'operation', 'path'] as const;
    const wanted = names.flatMap((name) => (query.get(name) === null ? [] : [[name, query.get(name)] as const]));
    return {
      calls: this.sandbox.store.journal().filter((call) => wanted.every(([name, value]) => call[name] === value)),
    };
  }

  /** What the PSP really moved, by currency, in minor units; narrowed by `metadata` of the charge when asked. */
  private totals(
    query: URLSearchParams,
  ): Record<string, { charges: number; captured: number; refunded: number; fees: number }> {
    const totals: Record<string, { charges: number; captured: number; refunded: number; fees: number }> = {};
    for (const account of this.sandbox.store.accounts()) {
      for (const { value } of this.sandbox.store.list(account, 'charge')) {
        const charge = value as StripeObject & {
          currency: string;
          captured: boolean;
          amount_captured: number;
          amount_refunded: number;
          metadata: Record<string, string>;
          balance_transaction: string | null;
        };
        if (!charge.captured || ![...query].every(([name, wanted]) => charge.metadata[name] === wanted)) continue;
        const sum = (totals[charge.currency.toUpperCase()] ??= { charges: 0, captured: 0, refunded: 0, fees: 0 });
        sum.charges += 1;
        sum.captured += charge.amount_captured;
        sum.refunded += charge.amount_refunded;
        sum.fees += Number(
          charge.balance_transaction === null
            ? 0
            : (this.sandbox.store.find(account, charge.balance_transaction)?.value['fee'] ?? 0),
        );
      }
    }
    return totals;
  }
}

const isListOfNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
