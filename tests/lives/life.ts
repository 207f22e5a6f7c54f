import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { StripeObject } from '../../sandbox/store';
import { createActivities } from '../../activities';
import { fromMinorUnits, toMinorUnits } from '../../domain/money';
import { createCheckout } from '../../prisma/checkout';
import { saveSeller } from '../../prisma/identity';
import { Chance } from '../../chaos/chance';
import { Connect } from '../../sandbox/connect';
import { accountOfKey } from '../../sandbox/wire';
import { unique, type DisputeView, type PayoutView, type RefundView, type TestStack } from '../support/stack';

/** An invariant that did not hold, with everything needed to live that life again. */
export class Violation extends Error {}

const cards = [
  'pm_card_visa',
  'pm_card_bypassPending',
  'pm_card_bypassPending',
  'pm_card_pendingRefund',
  'pm_card_refundFail',
] as const;
const banks = ['paid', 'paid', 'failed', 'failed_after_paid', 'manual'] as const;
const lostAnswers = ['error_after_effect', 'drop_after_effect', 'error_before_effect', 'drop_before_effect'] as const;
const platform = accountOfKey('sk_test_default');
/** After it a process that has not come to its end is stuck. */
const stuckMs = 300_000;
const upkeepMs = 5_000;
/** Shorter than a life's own: what is stuck is found by asking. */
const patience = { Prefer: 'wait=5' };
const euros = (minor: number): string => fromMinorUnits(BigInt(minor), 'EUR').amount;
const minor = (amount: string): number => Number(toMinorUnits({ amount, currency: 'EUR' }));

/** One payment from its charge on: refunds, disputes, payouts and failures in any order, checked after every step. */
export class Life {
  private readonly chance: Chance;
  private readonly steps: string[] = [];
  private readonly payoutIds: string[] = [];
  private openDispute: string | undefined;
  private seller = '';
  private order = '';
  private payment = '';
  private amount = 0;

  constructor(
    private readonly stack: TestStack,
    private readonly pool: pg.Pool,
    seed: number,
    private readonly isOver: () => boolean,
    private readonly settlesMs: number,
  ) {
    this.chance = new Chance(seed);
  }

  /** @throws Violation */
  async live(): Promise<void> {
    await this.begin();
    await this.check();
    for (let left = this.chance.whole(2, 5); left > 0 && !this.isOver(); left -= 1) {
      await this.step();
      await this.check();
    }
    if (!this.isOver()) await this.end();
  }

  private note(step: string): void {
    this.steps.push(step);
  }

  private violated(what: string): Violation {
    return new Violation(
      `${what}\n  seed ${String(this.chance.seed)}, order ${this.order}, seller ${this.seller}\n  ${this.steps.join('\n  ')}`,
    );
  }

  private async begin(): Promise<void> {
    const { chance, stack } = this;
    this.amount = chance.whole(100, 99_999);
    const fee = Math.floor((this.amount * chance.whole(0, 30)) / 100);
    const bank = chance.one(banks);
    const card = chance.one(cards);
    this.note(`pay ${euros(this.amount)}, fee ${euros(fee)}, ${card}, the bank: ${bank}`);
    this.seller = unique('seller');
    const account = await stack.sandbox.act(platform, '', (api) => new Connect(api).createAccount(), {
      metadata: { sandbox_payouts: bank },
    });
    await saveSeller(stack.databases.identity, 'default', this.seller, {
      payoutAccount: account.id,
      kycStatus: 'verified',
    });
    this.order = unique('o');
    this.payment = await charge(stack, this.order, this.seller, { amount: this.amount, fee, card });
  }

  private async step(): Promise<void> {
    const open = this.openDispute;
    const choices: (() => Promise<void>)[] = [
      () => this.refund(),
      () => this.refund(),
      () => this.refundTwiceAtOnce(),
      () => this.release(),
      () => this.payOut(),
      () => this.payOut(),
      () => (open === undefined ? this.dispute() : this.bankDecides(open)),
      () => this.finishOnePendingRefund(),
      () => this.bankActsOnPayout(),
    ];
    await this.chance.one(choices)();
  }

  /** The next call of that kind about this life loses its answer, or never arrives. */
  private async maybeLose(path: string, metadata: Record<string, string>): Promise<void> {
    if (!this.chance.happens(0.3)) return;
    const kind = this.chance.one(lostAnswers);
    this.note(`  ${kind} on ${path}`);
    await this.stack.fault({ kind, path, metadata });
  }

  private async refund(): Promise<void> {
    const part = this.chance.happens(0.2) ? undefined : this.chance.whole(1, Math.ceil(this.amount * 0.6));
    this.note(`refund ${part === undefined ? 'the rest' : euros(part)}`);
    await this.maybeLose('/v1/refunds', { payment_order_id: this.order });
    await this.askForRefund(part);
  }

  private async refundTwiceAtOnce(): Promise<void> {
    const part = Math.max(1, Math.ceil(this.amount * 0.6));
    this.note(`refund ${euros(part)} twice at once`);
    await Promise.all([this.askForRefund(part), this.askForRefund(part)]);
  }

  private async askForRefund(part: number | undefined): Promise<void> {
    const { status, body } = await this.stack.refund(
      this.order,
      part === undefined ? {} : { amount: euros(part) },
      patience,
    );
    if (status === 422 || status === 409) {
      this.note('  refused');
      return;
    }
    await this.until<RefundView>(`/v1/refunds/${body.refund_id}`, ({ refund_status: state }) =>
      ['pending', 'succeeded', 'failed'].includes(state),
    );
    this.note(`  ${body.refund_id}`);
  }

  private async finishOnePendingRefund(): Promise<void> {
    const pending = this.at('refund').filter((refund) => refund['status'] === 'pending');
    const [first] = pending;
    if (first === undefined) return;
    const outcome = this.chance.one(['succeeded', 'failed'] as const);
    this.note(`the pending refund ${first.id} has ${outcome}`);
    await this.stack.outside(`refunds/${first.id}/finish`, { outcome });
    const refundId = (first['metadata'] as Record<string, string>)['refund_id'] ?? '';
    await this.until<RefundView>(`/v1/refunds/${refundId}`, ({ refund_status: state }) => state === outcome);
  }

  private async release(): Promise<void> {
    this.note('the money becomes available');
    await this.pool.query('UPDATE ledger.pending_lot SET available_on = now() WHERE payment_order_id = $1', [
      this.order,
    ]);
    await this.stack.releaseAvailable();
  }

  private async payOut(): Promise<void> {
    const payoutId = unique('po');
    const { available } = await this.stack.wallet(this.seller);
    const most = minor(available ?? '0');
    const part = most > 0 && this.chance.happens(0.5) ? this.chance.whole(1, most) : undefined;
    this.note(`pay out ${part === undefined ? 'all' : euros(part)}`);
    await this.maybeLose(this.chance.one(['/v1/transfers', '/v1/payouts']), { payout_id: payoutId });
    const { status } = await this.stack.payOut(
      {
        payout_id: payoutId,
        seller_account: this.seller,
        ...(part !== undefined && { amount: euros(part) }),
      },
      patience,
    );
    if (status === 409) {
      this.note('  blocked');
      return;
    }
    this.payoutIds.push(payoutId);
    const { payout_status: state } = await this.until<PayoutView>(`/v1/payouts/${payoutId}`, (payout) =>
      ['in_transit', 'paid', 'failed', 'returned', 'refused'].includes(payout.payout_status),
    );
    this.note(`  ${payoutId} ${state}`);
  }

  private async bankActsOnPayout(): Promise<void> {
    for (const payoutId of this.payoutIds) {
      const { body } = await this.stack.call<PayoutView>('GET', `/v1/payouts/${payoutId}`);
      const movable = body.payout_status === 'in_transit' || body.payout_status === 'paid';
      if (!movable || body.psp_payout === null) continue;
      const outcome = body.payout_status === 'paid' ? 'failed' : this.chance.one(['paid', 'failed'] as const);
      if (this.payoutOf(body.psp_payout)?.['status'] !== (body.payout_status === 'paid' ? 'paid' : 'pending')) continue;
      this.note(`the bank: payout ${payoutId} has ${outcome}`);
      await this.stack.outside(`payouts/${body.psp_payout}/finish`, { outcome });
      const wanted = outcome === 'paid' ? ['paid', 'returned'] : ['failed', 'returned'];
      await this.until<PayoutView>(`/v1/payouts/${payoutId}`, (payout) => wanted.includes(payout.payout_status));
      return;
    }
  }

  private async dispute(): Promise<void> {
    const part = this.chance.happens(0.5) ? this.chance.whole(1, this.amount) : undefined;
    const inquiry = this.chance.happens(0.2);
    this.note(`${inquiry ? 'an inquiry' : 'a dispute'} of ${part === undefined ? 'all' : euros(part)}`);
    const { id } = await this.stack.outside<{ id: string }>('disputes', {
      payment_intent: this.payment,
      inquiry,
      fee: this.chance.one([0, 1_500]),
      ...(part !== undefined && { amount: part }),
    });
    this.openDispute = id;
    await this.until<DisputeView>(`/v1/disputes/${id}`, (found) => inquiry || found.held_amount !== '0.00');
  }

  private async bankDecides(disputeId: string): Promise<void> {
    const { body } = await this.stack.call<DisputeView>('GET', `/v1/disputes/${disputeId}`);
    const isInquiry = body.dispute_status === 'inquiry';
    const outcome = isInquiry
      ? this.chance.one(['escalate', 'warning_closed'] as const)
      : this.chance.one(['won', 'lost', 'withdrawn'] as const);
    this.note(`the bank: ${outcome}`);
    await this.stack.outside(`disputes/${disputeId}/finish`, { outcome });
    if (outcome === 'escalate')
      await this.until<DisputeView>(`/v1/disputes/${disputeId}`, (found) => found.held_amount !== '0.00');
    else {
      await this.until<DisputeView>(`/v1/disputes/${disputeId}`, (found) => found.closed_at !== null);
      this.openDispute = undefined;
    }
    if (outcome !== 'won' || !this.chance.happens(0.3)) return;
    this.note('the bank: a second chargeback');
    this.openDispute = disputeId;
    await this.stack.outside(`disputes/${disputeId}/finish`, { outcome: 'reopen' });
    await this.until<DisputeView>(
      `/v1/disputes/${disputeId}`,
      (found) => found.held_amount !== '0.00' && found.closed_at === null,
    );
  }

  /** What the sandbox has of this life's payment. */
  private at(kind: 'refund' | 'dispute'): StripeObject[] {
    return this.all(kind).filter((value) => value['payment_intent'] === this.payment);
  }

  private all(kind: string): StripeObject[] {
    return this.stack.sandbox.store.list(platform, kind).map(({ value }) => value);
  }

  private payoutOf(reference: string): StripeObject | undefined {
    const account = this.stack.sandbox.accountOf(reference);
    return account === undefined ? undefined : this.stack.sandbox.store.find(account, reference)?.value;
  }

  private async until<Body>(path: string, wanted: (body: Body) => boolean): Promise<Body> {
    const deadline = Date.now() + stuckMs;
    // What takes long is looked at less often: many lives that look all the time slow each other down.
    for (let waitMs = 30; ; waitMs = Math.min(250, waitMs * 1.5)) {
      const { status, body } = await this.stack.call<Body>('GET', path);
      if (status === 200 && wanted(body)) return body;
      if (this.isOver()) return body;
      if (Date.now() > deadline) throw this.violated(`V9 stuck: ${path} is ${JSON.stringify(body)}`);
      await pause(waitMs);
    }
  }

  /** V1, V3 and V7, of this life alone: others are being lived at the same time. */
  private async check(): Promise<void> {
    // A bank may act at any moment, and a wallet follows its ledger in a commit of its own: what is on its way settles.
    const deadline = Date.now() + this.settlesMs;
    for (let waitMs = 100; ; waitMs = Math.min(500, waitMs * 1.5)) {
      const problem = await this.problem();
      if (problem === undefined || this.isOver()) return;
      if (Date.now() > deadline) throw this.violated(problem);
      await pause(waitMs);
    }
  }

  private async problem(): Promise<string | undefined> {
    const { rows } = await this.pool.query<{ problem: string }>(
      `WITH own AS (
         SELECT t.transaction_id, e.amount, a.code, a.balance FROM ledger.transaction t JOIN ledger.entry e USING (transaction_id) JOIN ledger.account a USING (account_id)
         WHERE t.payment_order_id = $1 OR t.source_id = ANY($3)),
       book AS (SELECT a.balance, sum(CASE WHEN a.balance = 'owed' THEN amount ELSE -amount END) AS amount
                FROM ledger.account a JOIN ledger.entry USING (account_id) WHERE a.seller = $2 GROUP BY 1),
       kept AS (SELECT b.* FROM wallet.wallet, LATERAL (VALUES ('pending', pending), ('available', available), ('reserved', reserved), ('owed', owed)) AS b(balance, amount)
                WHERE seller_account = $2)
       SELECT 'V1 transaction ' || transaction_id || ' sums to ' || sum(amount) AS problem FROM own GROUP BY transaction_id HAVING sum(amount) <> 0
       UNION ALL
       SELECT 'V3 wallet ' || balance || ' is ' || kept.amount || ', the ledger says ' || coalesce(book.amount, 0) FROM kept LEFT JOIN book USING (balance)
       WHERE kept.amount <> coalesce(book.amount, 0)
       UNION ALL
       SELECT 'V7 refunded ' || sum(r.amount) || ' of ' || o.captured_amount FROM payments.refund r JOIN payments.payment_order o USING (merchant_id, payment_order_id)
       WHERE r.payment_order_id = $1 AND r.refund_status <> 'failed' GROUP BY o.captured_amount HAVING sum(r.amount) > o.captured_amount
       UNION ALL
       SELECT 'V7 paid out ' || sum(p.amount) || ' of ' || max(l.released)
       FROM payouts.payout p JOIN ledger.pending_lot l ON l.payment_order_id = $1
       WHERE p.seller_account = $2 AND p.payout_status NOT IN ('failed', 'returned', 'refused') GROUP BY p.seller_account
       HAVING sum(p.amount) > coalesce(max(l.released), 0) + (SELECT coalesce(sum(d.seller_amount), 0) FROM payments.dispute_line d JOIN payments.dispute USING (merchant_id, dispute_id)
                                                               WHERE payment_order_id = $1 AND d.amount > 0)
                                                            + (SELECT coalesce(sum(seller_amount), 0) FROM payments.refund WHERE payment_order_id = $1 AND refund_status = 'failed')`,
      [this.order, this.seller, this.payoutIds],
    );
    return rows[0]?.problem ?? (await this.differsFromPsp());
  }

  /** V2 and V6: what the PSP holds of this life is what the ledger says, each refund and payout once, states alike. */
  private async differsFromPsp(): Promise<string | undefined> {
    const refunds = this.at('refund');
    const { rows: ours } = await this.pool.query<{ id: string; state: string }>(
      'SELECT refund_id AS id, refund_status AS state FROM payments.refund WHERE payment_order_id = $1',
      [this.order],
    );
    for (const { id, state } of ours) {
      const theirs = refunds.filter((refund) => (refund['metadata'] as Record<string, string>)['refund_id'] === id);
      if (theirs.length > 1) return `V2 refund ${id} was made ${String(theirs.length)} times`;
      const [one] = theirs;
      if (one !== undefined && one['status'] !== state)
        return `V6 refund ${id} is ${state}, at the PSP ${String(one['status'])}`;
      if (one === undefined && state !== 'failed') return `V2 refund ${id} is ${state}, and the PSP has none`;
    }
    let theirNet =
      this.amount -
      sum(
        refunds.filter((refund) => refund['status'] === 'succeeded'),
        'amount',
      );
    for (const dispute of this.at('dispute')) theirNet += sum(dispute['balance_transactions'] as StripeObject[], 'net');
    const { rows: payouts } = await this.pool.query<{ id: string; state: string; reference: string | null }>(
      'SELECT payout_id AS id, payout_status AS state, payout_reference AS reference FROM payouts.payout WHERE seller_account = $1',
      [this.seller],
    );
    for (const { id, state, reference } of payouts) {
      const transfers = this.all('transfer').filter((value) => value['transfer_group'] === id);
      if (transfers.length > 1) return `V2 payout ${id} was transferred ${String(transfers.length)} times`;
      theirNet += sum(transfers, 'amount_reversed') - sum(transfers, 'amount');
      const theirs = reference === null ? undefined : this.payoutOf(reference)?.['status'];
      const alike: Record<string, unknown[]> = {
        paid: ['paid'],
        in_transit: ['pending'],
        failed: ['failed', undefined],
        returned: ['failed'],
        refused: [undefined],
      };
      if (!(alike[state] ?? []).includes(theirs)) return `V6 payout ${id} is ${state}, at the PSP ${String(theirs)}`;
    }
    const { rows } = await this.pool.query<{ net: string }>(
      `SELECT coalesce(sum(entry.amount), 0)::text AS net FROM ledger.transaction JOIN ledger.entry USING (transaction_id) JOIN ledger.account USING (account_id)
       WHERE account.code = 'psp_clearing' AND (source_id = ANY($1) OR payment_order_id = $2)`,
      [this.payoutIds, this.order],
    );
    const ourNet = Number(rows[0]?.net);
    return ourNet === theirNet
      ? undefined
      : `V2 the ledger says that the PSP holds ${String(ourNet)}, the PSP says ${String(theirNet)}`;
  }

  /** At last the product's own proof must agree. */
  private async end(): Promise<void> {
    // News may still be on its way from the PSP.
    const deadline = Date.now() + this.settlesMs;
    for (;;) {
      const { body } = await this.stack.call<{ verdict: string; checks: unknown[] }>(
        'GET',
        `/v1/payments/${this.order}/proof`,
      );
      if (body.verdict === 'proved' || body.verdict === 'in_progress') return;
      if (Date.now() > deadline) throw this.violated(`the proof: ${JSON.stringify(body.checks)}`);
      await pause(500);
    }
  }
}

const sum = (objects: readonly StripeObject[], field: string): number =>
  objects.reduce((total, object) => total + Number(object[field]), 0);

/** As Temporal would: what a busy machine had no connection for is tried again. */
async function patiently<Result>(activity: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await activity();
    } catch (error) {
      if ((error as { type?: string }).type !== 'StorageUnavailable' || tries === 5) throw error;
    }
  }
}

/** Charges one order by the worker's own activities, without a workflow: what comes after is what is tried here. */
export async function charge(
  stack: TestStack,
  paymentOrderId: string,
  sellerAccount: string,
  { amount, fee, card }: { amount: number; fee: number; card: string },
): Promise<string> {
  const activities = createActivities(stack.dependencies());
  const merchantId = 'default';
  const checkoutId = unique('c');
  await createCheckout(stack.databases.payments, {
    merchantId,
    checkoutId,
    buyerInfo: { id: unique('buyer') },
    creditCardInfo: { paymentMethod: card },
    returnUrl: 'https://shop.example',
    failurePolicy: 'independent',
    captureMethod: 'automatic',
    metadata: {},
    paymentOrders: [
      {
        paymentOrderId,
        sellerAccount,
        amountMinor: BigInt(amount),
        currency: 'EUR',
        platformFeeMinor: BigInt(fee),
        statementDescriptor: null,
      },
    ],
    requestFingerprint: Buffer.from(checkoutId),
    route: 'lives',
    idempotencyKey: null,
  });
  const buyer = await patiently(() => activities.prepareBuyer({ merchantId, checkoutId }));
  if (buyer.outcome !== 'prepared') throw new Error(`no buyer: ${JSON.stringify(buyer)}`);
  const { customer, paymentMethod } = buyer;
  const key = { merchantId, checkoutId, paymentOrderId };
  const { outcome } = await patiently(() =>
    activities.chargePaymentOrder({ ...key, customer, paymentMethod, attempt: 1 }),
  );
  if (outcome.outcome !== 'succeeded') throw new Error(`not charged: ${JSON.stringify(outcome)}`);
  const booking = {
    ...key,
    sellerAccount,
    amount: { amount: euros(amount), currency: 'EUR' },
    platformFee: { amount: euros(fee), currency: 'EUR' },
    kind: 'capture' as const,
    completes: true,
    effectiveAt: new Date().toISOString(),
  };
  await patiently(() => activities.bookCapture({ ...booking, ends: { checkoutId, round: 1 } }));
  return outcome.reference;
}

/**
 * Lives many lives, some at a time. Answers the first violations, none when all is well.
 *
 * @param settlesMs how long what disagrees may still be on its way: long where agreement is expected, so that a busy
 *   machine is not taken for a defect
 */
export async function liveMany(
  stack: TestStack,
  seeds: readonly number[],
  { abreast, most, settlesMs }: { abreast: number; most: number; settlesMs: number },
): Promise<string[]> {
  const pool = new pg.Pool({ connectionString: stack.ownerUrl, max: 4 });
  const waiting = [...seeds];
  const violations: string[] = [];
  const worker = async (): Promise<void> => {
    for (let seed = waiting.shift(); seed !== undefined && violations.length < most; seed = waiting.shift()) {
      try {
        await new Life(stack, pool, seed, () => violations.length >= most, settlesMs).live();
      } catch (error) {
        violations.push(
          error instanceof Violation ? error.message : `seed ${String(seed)}: ${String((error as Error).stack)}`,
        );
      }
    }
  };
  // As the schedules do it: on a busy machine an event or a start may miss its moment, and is taken up by them.
  const living = Promise.all(Array.from({ length: abreast }, worker));
  const over = new AbortController();
  const upkeep = (async () => {
    while (!over.signal.aborted) {
      await pause(upkeepMs, undefined, { signal: over.signal }).catch(() => undefined);
      await stack.takeUp().catch(() => undefined);
    }
  })();
  await living;
  over.abort();
  await upkeep;
  await pool.end();
  return violations.slice(0, most);
}
