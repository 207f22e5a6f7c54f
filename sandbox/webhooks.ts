import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { newId } from './objects';
import type { StripeObject } from './store';

/** Where an account's events go, and what they are signed with. */
export interface WebhookEndpoint {
  readonly url: string;
  readonly secret: string;
  /** One account's; null: all accounts'. */
  readonly account: string | null;
  /** The types it wants to hear of; left out: all. */
  readonly events?: readonly string[];
}

/** How badly the post office works: shares of all events from 0 to 1. */
export interface WebhookFaults {
  readonly duplicate: number;
  readonly reorder: number;
  readonly delay: number;
  readonly delay_ms: number;
  readonly drop: number;
  readonly forge: number;
  /** Sent, and answered, before the answer of the call that caused it. */
  readonly before_answer: number;
}

const noFaults: WebhookFaults = {
  duplicate: 0,
  reorder: 0,
  delay: 0,
  delay_ms: 2_000,
  drop: 0,
  forge: 0,
  before_answer: 0,
};

/** What has been sent. Deliveries are requests; events are things that happened. */
export interface WebhookCounts {
  events: number;
  deliveries: number;
  delivered: number;
  failed_deliveries: number;
  doubled: number;
  reordered: number;
  delayed: number;
  dropped: number;
  before_answer: number;
  forged: number;
  forged_accepted: number;
  given_up: number;
  /** Waiting to be sent, for the first time or again. */
  pending: number;
}

/** Stripe tries for up to three days, each time later (docs.stripe.com/webhooks#automatic-retries). Seconds. */
const retrySeconds = [1, 2, 5, 10, 30, 60, 300, 900] as const;
const longestRetrySeconds = 3_600;
const givesUpAfterMs = 3 * 24 * 3_600_000;
const answerWithinMs = 10_000;
/** Requests on their way at a time. */
const abreast = 16;
const longestReorderMs = 400;

/** Signed by the clock on the wall: who receives it has not turned the sandbox's. */
const wallSeconds = (): number => Math.floor(Date.now() / 1000);

/** Stripe's own scheme: `t=` and `v1=` HMAC-SHA256 over `t.body` (docs.stripe.com/webhooks#verify-manually). */
export function signatureHeader(body: string, secret: string, seconds: number): string {
  return `t=${String(seconds)},v1=${createHmac('sha256', secret)
    .update(`${String(seconds)}.${body}`)
    .digest('hex')}`;
}

/** Sends events: signed, retried until they are answered with 2xx, and as unreliably as it is told to. */
export class WebhookSender {
  private endpoints: WebhookEndpoint[] = [];
  private faults: WebhookFaults = noFaults;
  private seen = 0;
  private running = 0;
  private closed = false;
  private readonly waiting: (() => void)[] = [];
  private readonly undelivered = new Set<string>();
  private readonly counts: Omit<WebhookCounts, 'pending'> = {
    events: 0,
    deliveries: 0,
    delivered: 0,
    failed_deliveries: 0,
    doubled: 0,
    reordered: 0,
    delayed: 0,
    dropped: 0,
    before_answer: 0,
    forged: 0,
    forged_accepted: 0,
    given_up: 0,
  };

  /** @param onSettled told of each event that needs no more sending, so that a restart doesn't send it again */
  constructor(
    private readonly now: () => number,
    private readonly onSettled: (eventId: string) => void,
  ) {}

  setEndpoint(endpoint: WebhookEndpoint): void {
    this.endpoints = [...this.endpoints.filter(({ account }) => account !== endpoint.account), endpoint];
  }

  setFaults(wanted: Readonly<Record<string, unknown>>): WebhookFaults {
    const faults: Record<string, number> = { ...noFaults };
    for (const [name, value] of Object.entries(wanted)) {
      const number = Number(value);
      if (!(name in noFaults)) throw new RangeError(`${name} is none of: ${Object.keys(noFaults).join(', ')}`);
      if (!(number >= 0) || (name !== 'delay_ms' && number > 1))
        throw new RangeError(`${name} must be a share from 0 to 1 (delay_ms: milliseconds)`);
      faults[name] = number;
    }
    this.faults = faults as unknown as WebhookFaults;
    return this.faults;
  }

  state(): { endpoints: { url: string; account: string | null }[]; faults: WebhookFaults; counts: WebhookCounts } {
    const counts = { ...this.counts, pending: this.undelivered.size };
    return { endpoints: this.endpoints.map(({ url, account }) => ({ url, account })), faults: this.faults, counts };
  }

  close(): void {
    this.closed = true;
  }

  /**
   * Sends one call's events, each on its own way.
   *
   * @returns what the call's own answer has to wait for: the events that are to come first
   */
  send(account: string, events: readonly StripeObject[]): Promise<void> {
    const endpoint = this.endpointOf(account);
    if (endpoint === undefined) {
      for (const event of events) this.onSettled(event.id);
      return Promise.resolve();
    }
    const first: Promise<void>[] = [];
    for (const event of events) {
      if (endpoint.events !== undefined && !endpoint.events.includes(String(event['type']))) {
        this.onSettled(event.id);
        continue;
      }
      this.seen += 1;
      this.counts.events += 1;
      if (this.strikes('drop', 0)) {
        this.counts.dropped += 1;
        this.onSettled(event.id);
        continue;
      }
      this.undelivered.add(event.id);
      if (this.strikes('forge', 3)) void this.forge(endpoint, event);
      const firstTry = this.deliver(endpoint, event);
      if (this.strikes('before_answer', 2)) {
        this.counts.before_answer += 1;
        first.push(firstTry);
      }
    }
    return Promise.all(first).then(() => undefined);
  }

  /** Sends an event once more, as Stripe's dashboard can. */
  async resend(account: string, event: StripeObject): Promise<boolean> {
    const endpoint = this.endpointOf(account);
    return endpoint !== undefined && this.post(endpoint, event);
  }

  /** An account's own endpoint, or the one of all accounts. */
  private endpointOf(account: string): WebhookEndpoint | undefined {
    return (
      this.endpoints.find((each) => each.account === account) ?? this.endpoints.find((each) => each.account === null)
    );
  }

  /** Spread evenly over all events: a fifth is every fifth. `offset` keeps the faults from all striking the same event. */
  private strikes(fault: Exclude<keyof WebhookFaults, 'delay_ms'>, offset: number): boolean {
    const [share, turn] = [this.faults[fault], this.seen + offset];
    return Math.floor(turn * share) > Math.floor((turn - 1) * share);
  }

  /** Resolves after the first try, however that ended. */
  private deliver(endpoint: WebhookEndpoint, event: StripeObject): Promise<void> {
    let waitMs = 0;
    if (this.strikes('reorder', 1)) {
      this.counts.reordered += 1;
      waitMs = 50 + Math.random() * longestReorderMs;
    }
    if (this.strikes('delay', 4)) {
      this.counts.delayed += 1;
      waitMs += this.faults.delay_ms;
    }
    if (this.strikes('duplicate', 0)) {
      this.counts.doubled += 1;
      void pause(Math.random() * longestReorderMs, undefined, { ref: false }).then(() => this.post(endpoint, event));
    }
    return this.try(endpoint, event, waitMs, 0, this.now());
  }

  private async try(
    endpoint: WebhookEndpoint,
    event: StripeObject,
    waitMs: number,
    tries: number,
    firstAt: number,
  ): Promise<void> {
    if (waitMs > 0) await pause(waitMs, undefined, { ref: false });
    if (this.closed) return;
    if (await this.post(endpoint, event)) {
      this.undelivered.delete(event.id);
      this.counts.delivered += 1;
      this.onSettled(event.id);
      return;
    }
    this.counts.failed_deliveries += 1;
    if (this.now() - firstAt > givesUpAfterMs) {
      this.undelivered.delete(event.id);
      this.counts.given_up += 1;
      this.onSettled(event.id);
      return;
    }
    const seconds = retrySeconds[tries] ?? longestRetrySeconds;
    void this.try(endpoint, event, seconds * 1000, tries + 1, firstAt);
  }

  private async post(endpoint: WebhookEndpoint, event: StripeObject): Promise<boolean> {
    const body = JSON.stringify(event, null, 2);
    return this.request(endpoint.url, body, signatureHeader(body, endpoint.secret, wallSeconds()));
  }

  /** What an attacker would send: a payment that never succeeded, a signature of no secret of ours. */
  private async forge(endpoint: WebhookEndpoint, event: StripeObject): Promise<void> {
    this.counts.forged += 1;
    const object = (event['data'] as { object: StripeObject }).object;
    const forged = {
      ...event,
      id: newId('evt_forged'),
      type: 'payment_intent.succeeded',
      data: { object: { ...object, status: 'succeeded' } },
    };
    const body = JSON.stringify(forged, null, 2);
    const signature = signatureHeader(body, `whsec_${randomBytes(24).toString('base64')}`, wallSeconds());
    if (await this.request(endpoint.url, body, signature)) this.counts.forged_accepted += 1;
  }

  private async request(url: string, body: string, signature: string): Promise<boolean> {
    if (this.running >= abreast) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running += 1;
    this.counts.deliveries += 1;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json; charset=utf-8',
          'Stripe-Signature': signature,
          'User-Agent': 'Stripe/1.0 (sandbox)',
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(answerWithinMs),
      });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }
}
