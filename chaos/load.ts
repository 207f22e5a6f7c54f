import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { Chance } from './chance';
import type { Findings } from './findings';
import type { Shop } from './shop';

/** What the storefront was told yes to: a 2xx, by which everything must be there (V5). */
export interface Acknowledged {
  readonly kind: 'checkout' | 'refund' | 'payout';
  readonly id: string;
}

/** A checkout as it was posted, and when it came to its end. */
export interface Posted {
  readonly checkoutId: string;
  readonly story: Story;
  readonly postedAt: number;
  settledAt?: number;
}

/** What happens to a checkout, and how often beside the others. */
const stories = {
  plain: 36,
  several: 12,
  independent: 10,
  page: 6,
  challenge: 6,
  delayed: 5,
  declined: 6,
  doubled: 6,
  manual: 8,
  canceled: 5,
} as const;
export type Story = keyof typeof stories;
export const storyNames = Object.keys(stories) as readonly Story[];

/** Sellers who are paid out; the others only collect. */
const paidOutSellers = 6;
const sellers = 24;
/** How the PSP misbehaves. The SDK's own repeat under the same key heals most; an error that the PSP keeps under the key it does not. */
export const pspFaults = [
  'error_before_effect',
  'error_after_effect',
  'drop_before_effect',
  'drop_after_effect',
  'timeout_after_effect',
  'rate_limit',
  'slow',
  'late_effect',
] as const;
const visa = '4242424242424242';
const challengedCard = '4000002760003184';
/** Planted in every buyer, and nowhere to be found in logs or histories (V12). */
export const canary = 'canary-of-chaos';
const platformMoney = '9000000.00';
/** How the orders of charges made past us begin. */
export const foreign = 'not-ours-';
export const foreignMinor = 4_200;

interface Row {
  readonly id: string;
  readonly checkout_id: string;
  readonly status: string;
  readonly phase: string;
  readonly checkout_status: string;
  readonly page_url: string | null;
  readonly next_action_url: string | null;
  readonly psp_reference: string | null;
  readonly amount: string;
}

export interface LoadOptions {
  readonly seed: number;
  /** How many checkouts may be under way at once. */
  readonly abreast: number;
  /** The share of checkouts and refunds about which the PSP misbehaves on its own. */
  readonly pspShare: number;
  readonly pspKinds: readonly string[];
  /** The share of paid orders that are given back. */
  readonly refundShare: number;
  /** The only stories that checkouts have. */
  readonly stories: readonly Story[];
}

/** A random mix of checkouts and of what follows them; each checkout's fate is its number's and the seed's. */
export class Load {
  readonly posted: Posted[] = [];
  readonly acknowledged: Acknowledged[] = [];
  orders = 0;
  refunded = 0;
  /** Charges that somebody made past us. */
  foreignCharges = 0;
  private readonly open = new Map<string, Posted>();
  private readonly reacted = new Set<string>();
  private readonly working = new Set<Promise<void>>();
  private stopping = false;
  private following = false;
  private nextNumber = 1;

  constructor(
    private readonly shop: Shop,
    private readonly database: pg.Pool,
    private readonly secretKey: string,
    private readonly findings: Findings,
    private readonly options: LoadOptions,
  ) {}

  get underWay(): number {
    return this.open.size;
  }

  /** Sellers with accounts at the PSP, and the platform's own money there. */
  async prepare(): Promise<void> {
    for (let count = 0; count < paidOutSellers; count += 1) {
      const { body } = await this.shop.outside('/accounts', { secret_key: this.secretKey });
      const path = `/v1/sellers/${sellerOf(count)}`;
      await this.shop.call('PUT', path, { payout_account: body['id'] });
      await this.shop.call('PUT', path, { kyc_status: 'verified' }, 'ops');
    }
    // Nobody is paid out to an account that has just been changed: these were changed long ago.
    await this.database.query("UPDATE identity.seller SET payout_account_changed_at = now() - interval '40 days'");
    await this.post('platform', 'plain', {
      credit_card_info: { payment_method: 'pm_card_bypassPending' },
      payment_orders: [
        { payment_order_id: 'platform-1', seller_account: 'platform', amount: platformMoney, currency: 'EUR' },
      ],
    });
  }

  /** Posts until `until` says that it is enough, and reacts to what comes of it. */
  async run(until: () => boolean): Promise<void> {
    const following = this.follow();
    const paying = this.payOut();
    while (!until()) {
      if (this.open.size >= this.options.abreast) await pause(50);
      else this.inBackground(this.begin(this.nextNumber++));
    }
    this.stopping = true;
    await Promise.all(this.working);
    await paying;
    this.following = false;
    await following;
  }

  /** Goes on reacting, without anything new, for as long as `until` wants. */
  async settle(until: () => Promise<boolean>): Promise<void> {
    const following = this.follow();
    while (!(await until())) await pause(1_000);
    this.following = false;
    await following;
    await Promise.all(this.working);
  }

  private inBackground(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => this.findings.violation('V5', error instanceof Error ? error.message : String(error)))
      .finally(() => this.working.delete(done));
    this.working.add(done);
  }

  private async begin(number: number): Promise<void> {
    const chance = this.chanceOf(number);
    const story = weighted(chance, stories, this.options.stories);
    const id = `c${String(this.options.seed)}-${String(number)}`;
    const count = story === 'several' || story === 'independent' ? chance.whole(2, 4) : 1;
    const card = this.cardOf(story, chance);
    const orders = Array.from({ length: count }, (_, index) => ({
      payment_order_id: `${id}-o${String(index + 1)}`,
      seller_account: sellerOf(chance.whole(0, sellers - 1)),
      amount: `${String(chance.whole(2, 400))}.${String(chance.whole(10, 99))}`,
      currency: 'EUR',
      platform_fee: `1.${String(chance.whole(10, 99))}`,
    }));
    const spoilt = chance.one(orders).payment_order_id;
    if (count > 1 && chance.happens(0.35)) await this.fault('decline', spoilt);
    if (chance.happens(this.options.pspShare)) await this.fault(chance.one(this.options.pspKinds), spoilt);
    await this.post(id, story, {
      ...(card !== undefined && { credit_card_info: { payment_method: card } }),
      ...(story === 'independent' && { failure_policy: 'independent' }),
      ...(story === 'manual' && { capture_method: 'manual' }),
      payment_orders: orders,
    });
    if (story === 'canceled') {
      await pause(chance.whole(0, 400));
      await this.shop.call('POST', `/v1/checkouts/${id}/cancel`);
    }
  }

  private cardOf(story: Story, chance: Chance): string | undefined {
    switch (story) {
      case 'page':
        return undefined;
      case 'challenge':
        return 'pm_card_authenticationRequired';
      case 'delayed':
        return 'pm_usBankAccount_success';
      case 'declined':
        return chance.one(['pm_card_chargeCustomerFail', 'pm_card_chargeDeclined']);
      default:
        return chance.one(['pm_card_visa', 'pm_card_bypassPending', 'pm_card_bypassPending']);
    }
  }

  private async fault(kind: string, paymentOrderId: string): Promise<void> {
    this.findings.count(`the PSP: ${kind}`);
    await this.shop.outside('/faults', {
      kind,
      path: '/v1/payment_intents',
      metadata: { payment_order_id: paymentOrderId },
    });
  }

  private async refundFault(kind: string, refundId: string): Promise<void> {
    this.findings.count(`the PSP, of a refund: ${kind}`);
    await this.shop.outside('/faults', { kind, path: '/v1/refunds', metadata: { refund_id: refundId } });
  }

  private async post(
    id: string,
    story: Story,
    body: { payment_orders: object[] } & Record<string, unknown>,
  ): Promise<void> {
    const whole = {
      checkout_id: id,
      buyer_info: { id: `b-${id}`, email: `${canary}.${id}@example.com`, name: canary },
      ...body,
    };
    const posted: Posted = { checkoutId: id, story, postedAt: Date.now() };
    this.open.set(id, posted);
    this.posted.push(posted);
    this.orders += body.payment_orders.length;
    this.findings.count(`story: ${story}`);
    const send = () => this.shop.call('POST', '/v1/payments', whole);
    const answers = await Promise.all(story === 'doubled' ? [send(), send(), send()] : [send()]);
    for (const { status, body: answer } of answers)
      if (status !== 202 && status !== 200) throw new Error(`a checkout was refused: ${JSON.stringify(answer)}`);
    this.acknowledged.push({ kind: 'checkout', id });
  }

  /** Looks at what has changed and does what a buyer, a shop or a bank does next. */
  private async follow(): Promise<void> {
    this.following = true;
    while (this.following) {
      try {
        await this.look();
      } catch {
        // The database is away: it is looked at again.
      }
      await pause(400);
    }
  }

  private async look(): Promise<void> {
    const { rows } = await this.database.query<Row>(
      `SELECT payment_order_id AS id, checkout_id, payment_order_status AS status, phase, checkout_status, page_url, next_action_url, psp_reference, o.amount
       FROM payments.payment_order o JOIN payments.checkout c USING (merchant_id, checkout_id) WHERE checkout_id = ANY($1)`,
      [[...this.open.keys()]],
    );
    const byCheckout = new Map<string, Row[]>();
    for (const row of rows) byCheckout.set(row.checkout_id, [...(byCheckout.get(row.checkout_id) ?? []), row]);
    for (const [checkoutId, orders] of byCheckout) {
      for (const order of orders) this.react(order);
      const over = !['open', 'awaiting_buyer'].includes(orders[0]?.checkout_status ?? '');
      const posted = this.open.get(checkoutId);
      if (over && posted !== undefined) {
        posted.settledAt = Date.now();
        this.open.delete(checkoutId);
        this.findings.count(`checkout: ${orders[0]?.checkout_status ?? ''}`);
        for (const order of orders) this.findings.count(`order: ${order.phase}`);
      }
    }
    await this.bank();
  }

  private react(order: Row): void {
    const once = (what: string, reaction: () => Promise<unknown>): void => {
      const key = `${order.id} ${what}`;
      if (this.reacted.has(key)) return;
      this.reacted.add(key);
      this.findings.count(`reaction: ${what}`);
      this.inBackground(reaction().then(() => undefined));
    };
    const chance = new Chance(hash(`${String(this.options.seed)} ${order.id} ${order.phase}`));
    if (order.checkout_status === 'awaiting_buyer' && order.page_url !== null) {
      const url = order.page_url;
      once('pays on the page', () => this.payOnPage(url, chance));
    } else if (order.phase === 'requires_action' && order.next_action_url !== null) {
      const url = order.next_action_url;
      once('answers the challenge', () =>
        this.shop.submit(url, { outcome: chance.happens(0.8) ? 'succeeded' : 'failed' }),
      );
    } else if (order.phase === 'processing' && order.psp_reference !== null) {
      const path = `/payment_intents/${order.psp_reference}/finish`;
      once('the bank pays', () => this.shop.outside(path, { outcome: chance.happens(0.8) ? 'succeeded' : 'failed' }));
    } else if (order.phase === 'authorized' && order.checkout_status === 'open') {
      const posted = this.open.get(order.checkout_id);
      if (posted?.story !== 'manual') return;
      const verb = chance.happens(0.7) ? 'capture' : 'cancel';
      once(verb, () => this.shop.call('POST', `/v1/checkouts/${order.checkout_id}/${verb}`));
    } else if (order.status === 'SUCCESS' && order.id !== 'platform-1') {
      if (chance.happens(this.options.refundShare)) once('refund', () => this.refund(order, chance));
      else if (chance.happens(0.04)) once('dispute', () => this.dispute(order, chance));
    }
  }

  private async payOnPage(url: string, chance: Chance): Promise<void> {
    const number = chance.happens(0.3) ? challengedCard : visa;
    const location = await this.shop.submit(url, { way: 'card', number, expiry: '12 / 34', cvc: '123', name: canary });
    if (number === challengedCard && location !== null)
      await this.shop.submit(new URL(location, url).href, { outcome: 'succeeded' });
  }

  private async refund(order: Row, chance: Chance): Promise<void> {
    this.refunded += 1;
    // Two at once that are more than there is: one of them must be refused.
    const twice = chance.happens(0.25);
    const minor = twice ? Math.ceil(Number(order.amount) * 0.6) : chance.whole(100, 199);
    const amount = `${String(Math.floor(minor / 100))}.${String(minor % 100).padStart(2, '0')}`;
    const body = twice || chance.happens(0.5) ? { amount } : {};
    await Promise.all(
      (twice ? ['r1', 'r2'] : ['r1']).map(async (suffix) => {
        const id = `${order.id}-${suffix}`;
        if (chance.happens(this.options.pspShare)) await this.refundFault(chance.one(this.options.pspKinds), id);
        const { status } = await this.shop.call('POST', `/v1/payments/${order.id}/refunds`, { refund_id: id, ...body });
        // 409, 422: a dispute, or the other refund, has the money.
        if (status < 300) this.acknowledged.push({ kind: 'refund', id });
        this.findings.count(`refund: ${String(status)}`);
      }),
    );
  }

  private async dispute(order: Row, chance: Chance): Promise<void> {
    await this.shop.outside('/disputes', {
      payment_intent: order.psp_reference,
      fee: 1500,
      ...(chance.happens(0.4) && { amount: 150 }),
    });
  }

  /** The banks decide what is disputed. */
  private async bank(): Promise<void> {
    const { rows } = await this.database.query<{ id: string }>(
      'SELECT dispute_id AS id FROM payments.dispute WHERE closed_at IS NULL AND held_amount > 0',
    );
    for (const { id } of rows) {
      if (this.reacted.has(id)) continue;
      this.reacted.add(id);
      const outcome = new Chance(hash(id)).happens(0.5) ? 'won' : 'lost';
      this.findings.count(`dispute: ${outcome}`);
      this.inBackground(this.shop.outside(`/disputes/${id}/finish`, { outcome }).then(() => undefined));
    }
  }

  /** Now and then each seller with an account asks for all that is available, and a day is reconciled. */
  private async payOut(): Promise<void> {
    for (let round = 1; !this.isOver(); round += 1) {
      for (let waited = 0; waited < 8_000 && !this.isOver(); waited += 500) await pause(500);
      const day = new Date().toISOString().slice(0, 10);
      await this.shop.call('POST', '/v1/reconciliation/runs', { from: day, to: day }, 'ops');
      this.findings.count('reconciliation asked for');
      await this.foreignCharge(round);
      for (let count = 0; count < paidOutSellers && !this.isOver(); count += 1) {
        const id = `p${String(this.options.seed)}-${String(round)}-${String(count)}`;
        const { status } = await this.shop.call('POST', '/v1/payouts', {
          payout_id: id,
          seller_account: sellerOf(count),
          currency: 'EUR',
        });
        if (status < 300) this.acknowledged.push({ kind: 'payout', id });
        this.findings.count(`payout: ${String(status)}`);
      }
    }
  }

  /** Somebody charges a card past us, with the merchant's own key: a night finds it, and puts it into suspense. */
  private async foreignCharge(round: number): Promise<void> {
    // After a jump of the PSP's clock it is of a time that has not come: to a night it is on its way.
    if (this.findings.counts.has('fault: clock')) return;
    const fields = {
      amount: String(foreignMinor),
      currency: 'eur',
      confirm: 'true',
      payment_method: 'pm_card_visa',
      'payment_method_types[0]': 'card',
      'metadata[merchant_id]': 'default',
      'metadata[payment_order_id]': `${foreign}${String(round)}`,
    };
    const key = `${foreign}${String(round)}`;
    if (await this.shop.atPsp('/v1/payment_intents', fields, this.secretKey, key)) this.foreignCharges += 1;
  }

  private isOver(): boolean {
    return this.stopping;
  }

  private chanceOf(number: number): Chance {
    return new Chance(hash(`${String(this.options.seed)} ${String(number)}`));
  }
}

const sellerOf = (number: number): string => `seller-${String(number)}`;

/** FNV-1a: a number out of a name. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const letter of text) value = Math.imul(value ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
}

function weighted<Name extends string>(
  chance: Chance,
  weights: Readonly<Record<Name, number>>,
  names: readonly Name[],
): Name {
  let left = chance.next() * names.reduce((sum, name) => sum + weights[name], 0);
  for (const name of names) if ((left -= weights[name]) < 0) return name;
  throw new RangeError('no weights');
}
