import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { checkoutBody, opsKey, otherKey, TestStack, unique, type DisputeView, type Problem } from '../support/stack';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterEach(async () => {
  await stack.clearFaults();
  // V1, V3 and V7 hold after every test, whatever it did.
  expect(await stack.differences()).toEqual([]);
});
afterAll(() => stack.stop());

/** A buyer goes to the bank. Answers our view of the dispute once it is known here. */
async function dispute(payment: string, more: Record<string, unknown> = {}): Promise<DisputeView> {
  const { id } = await stack.outside<{ id: string }>('disputes', { payment_intent: payment, ...more });
  return known(id, ({ held_amount: held }) => more['inquiry'] === true || held !== '0.00');
}

const known = async (id: string, wanted: (dispute: DisputeView) => boolean = () => true): Promise<DisputeView> => {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const { status, body } = await stack.call<DisputeView>('GET', `/v1/disputes/${id}`);
    if (status === 200 && wanted(body) && (await isBooked(id))) return body;
    if (Date.now() > deadline) throw new Error(`not as wanted: ${JSON.stringify(body)}`);
    await new Promise((next) => setTimeout(next, 100));
  }
};
/** A line shows on the row before it is booked: the row, the ledger's two legs and the wallet are commits of their own. */
async function isBooked(id: string): Promise<boolean> {
  const { rows } = await stack.owner.query(
    `SELECT FROM payments.dispute_line AS line, LATERAL (VALUES ('line:', amount), ('fee:', psp_fee)) AS part(leg, minor)
     WHERE dispute_id = $1 AND minor <> 0 AND NOT EXISTS (
       SELECT FROM ledger.transaction AS t WHERE t.merchant_id = line.merchant_id AND t.source_id = $1 AND t.leg = part.leg || line.line_id)`,
    [id],
  );
  return rows.length === 0 && (await stack.differences()).length === 0;
}
const bank = (id: string, outcome: string, more: Record<string, unknown> = {}) =>
  stack.outside(`disputes/${id}/finish`, { outcome, ...more });
const closed = (id: string, status: string): Promise<DisputeView> =>
  known(id, (found) => found.dispute_status === status && found.closed_at !== null);
const evidence = (id: string, text: string, submit = true) =>
  stack.call<DisputeView & Problem>('POST', `/v1/disputes/${id}/evidence`, {
    evidence: { uncategorized_text: text },
    submit,
  });

describe('a dispute', () => {
  it('D1 holds the disputed amount, reserves the seller’s share, and books the fee apart', async () => {
    const { id, seller, payment } = await stack.paid();
    const found = await dispute(payment);
    expect(found).toMatchObject({ dispute_status: 'needs_response', held_amount: '100.00', seller_amount: '90.00' });
    expect(await stack.ledger([id])).toEqual({
      psp_clearing: 10_000 - 10_000 - 1_500,
      dispute_held: 10_000,
      dispute_losses: 1_500,
      platform_fees: 1_000,
      [`seller:${seller}:reserved`]: 9_000,
    });
    expect(await stack.wallet(seller)).toEqual({ pending: '0.00', available: '0.00', reserved: '90.00', owed: '0.00' });
  });

  it('D1 of a part of the charge, and after the money became available', async () => {
    const { id, seller, payment } = await stack.paid({ available: true });
    await dispute(payment, { amount: 2_500 });
    expect(await stack.wallet(seller)).toEqual({
      pending: '0.00',
      available: '67.50',
      reserved: '22.50',
      owed: '0.00',
    });
    expect(await stack.ledger([id])).toMatchObject({ dispute_held: 2_500 });
  });

  it('D2 won: everybody has the money again; the PSP keeps its fee', async () => {
    const { id, seller, payment } = await stack.paid();
    const { dispute_id: disputeId } = await dispute(payment);
    expect((await evidence(disputeId, 'winning_evidence')).status).toBe(202);
    expect(await closed(disputeId, 'won')).toMatchObject({ held_amount: '0.00', seller_amount: '0.00' });
    expect(await stack.ledger([id])).toEqual({
      psp_clearing: 8_500,
      dispute_losses: 1_500,
      platform_fees: 1_000,
      // To where it can be used: what was pending then is available now.
      [`seller:${seller}:available`]: 9_000,
    });
    expect((await stack.refund(id)).status).toBe(200);
  });

  it('D2 lost after a partial refund: the seller loses the rest and no more, the platform what is left over (D3)', async () => {
    const { id, seller, payment } = await stack.paid();
    await stack.refund(id, { amount: '40.00' });
    const { dispute_id: disputeId } = await dispute(payment);
    expect(await stack.wallet(seller)).toMatchObject({ pending: '0.00', reserved: '54.00', owed: '0.00' });
    await evidence(disputeId, 'losing_evidence');
    await closed(disputeId, 'lost');
    await stack.when<Record<string, string>>(`/v1/sellers/${seller}/wallet`, () => true);
    expect(await stack.wallet(seller)).toEqual({ pending: '0.00', available: '0.00', reserved: '0.00', owed: '0.00' });
    expect(await stack.ledger([id])).toEqual({
      // 100 in; 40 refunded, 100 charged back, 15 fee.
      psp_clearing: -5_500,
      // The rest of the fee is gone with it, and 40 that were lost twice are nobody's but the platform's.
      dispute_losses: 1_500 + 4_000,
    });
  });

  it('D2 an inquiry moves no money, and may become a dispute', async () => {
    const { id, seller, payment } = await stack.paid();
    const before = await stack.ledger([id]);
    const { dispute_id: disputeId, dispute_status: status } = await dispute(payment, { inquiry: true });
    expect(status).toBe('inquiry');
    expect(await stack.ledger([id])).toEqual(before);
    await bank(disputeId, 'escalate');
    await known(disputeId, (found) => found.held_amount === '100.00');
    expect(await stack.wallet(seller)).toMatchObject({ reserved: '90.00' });
  });

  it('D2 an inquiry that is asked no more is closed, and the order can be refunded while it is open', async () => {
    const { id, payment } = await stack.paid();
    const { dispute_id: disputeId } = await dispute(payment, { inquiry: true });
    expect((await stack.refund(id, { amount: '10.00' })).body.refund_status).toBe('succeeded');
    await bank(disputeId, 'warning_closed');
    await closed(disputeId, 'inquiry_closed');
  });

  it('D2 withdrawn is not won, and gives the money back by its line', async () => {
    const { seller, payment } = await stack.paid();
    const { dispute_id: disputeId } = await dispute(payment);
    await bank(disputeId, 'withdrawn', { returned_fee: 1_500 });
    await closed(disputeId, 'withdrawn');
    expect(await stack.wallet(seller)).toMatchObject({ available: '90.00', reserved: '0.00' });
  });

  it('D2 a second chargeback after a won one takes it again, and losing that is final', async () => {
    const { id, seller, payment } = await stack.paid();
    const { dispute_id: disputeId } = await dispute(payment);
    await bank(disputeId, 'won');
    await closed(disputeId, 'won');
    await bank(disputeId, 'reopen');
    await known(disputeId, (found) => found.held_amount === '100.00');
    expect(await stack.wallet(seller)).toMatchObject({ available: '0.00', reserved: '90.00' });
    await bank(disputeId, 'lost');
    await closed(disputeId, 'lost');
    expect(await stack.ledger([id])).toEqual({ psp_clearing: -3_000, dispute_losses: 3_000 });
  });

  it('D2 won on appeal after it was lost: the loss is taken back', async () => {
    const { id, seller, payment } = await stack.paid();
    const { dispute_id: disputeId } = await dispute(payment);
    await bank(disputeId, 'lost');
    await closed(disputeId, 'lost');
    expect(await stack.wallet(seller)).toMatchObject({ reserved: '0.00', available: '0.00' });
    await bank(disputeId, 'won');
    await closed(disputeId, 'won');
    expect(await stack.wallet(seller)).toMatchObject({ reserved: '0.00', available: '90.00', owed: '0.00' });
    expect(await stack.ledger([id])).toMatchObject({
      psp_clearing: 8_500,
      platform_fees: 1_000,
      dispute_losses: 1_500,
    });
  });

  it('P3 after the payout: what the seller lacks is owed, and a won dispute pays that back first', async () => {
    const { seller } = await stack.verifiedSeller();
    const { payment } = await stack.paid({ seller, available: true });
    // Other tests' disputes have left the platform little to pay out of.
    await stack.paid({ amount: '5000.00', available: true });
    expect((await stack.payOut({ seller_account: seller })).body.payout_status).toBe('paid');
    const { dispute_id: disputeId } = await dispute(payment);
    expect(await stack.wallet(seller)).toEqual({
      pending: '0.00',
      available: '0.00',
      reserved: '90.00',
      owed: '90.00',
    });
    await bank(disputeId, 'won');
    await closed(disputeId, 'won');
    expect(await stack.wallet(seller)).toEqual({ pending: '0.00', available: '0.00', reserved: '0.00', owed: '0.00' });
  });

  it('D3 while the money is held nothing more is refunded than is left; a late one after a full refund costs the seller nothing', async () => {
    const { id, payment } = await stack.paid();
    await dispute(payment, { amount: 7_000 });
    const { status, body } = await stack.refund(id, { amount: '30.01' });
    expect([status, (body as unknown as { remaining_amount: string }).remaining_amount]).toEqual([422, '30.00']);

    const late = await stack.paid();
    await stack.refund(late.id);
    const { dispute_id: disputeId } = await dispute(late.payment);
    expect(await stack.wallet(late.seller)).toMatchObject({ reserved: '0.00', owed: '0.00' });
    await bank(disputeId, 'lost');
    await closed(disputeId, 'lost');
    expect(await stack.ledger([late.id])).toEqual({ psp_clearing: -11_500, dispute_losses: 11_500 });
  });

  it('accepted: lost at once, and too late for evidence', async () => {
    const { payment, seller } = await stack.paid();
    const { dispute_id: disputeId } = await dispute(payment);
    expect((await stack.call('POST', `/v1/disputes/${disputeId}/accept`, { reason: 'never sent' })).status).toBe(202);
    await closed(disputeId, 'lost');
    expect(await stack.wallet(seller)).toMatchObject({ reserved: '0.00' });
    expect((await evidence(disputeId, 'winning_evidence')).status).toBe(409);
  });

  it("by Stripe's own test card, from the first event on", async () => {
    const body = checkoutBody({ paymentMethod: 'pm_card_createDispute' });
    await stack.post(body, { Prefer: 'wait=30' });
    const id = body.payment_orders[0]?.payment_order_id ?? '';
    // It comes before the payment is booked, and waits for that.
    await stack.eventsSettled();
    const { data } = await stack.when<{ data: DisputeView[] }>(
      `/v1/disputes?payment_order_id=${id}`,
      ({ data }) => data[0]?.held_amount === '10.00',
    );
    expect(data).toHaveLength(1);
  });

  it('with the policy "platform" the platform bears the loss, and with "seller" the fee is the seller’s', async () => {
    await stack.owner.query(
      `UPDATE identity.merchant SET policies = '{"disputeLoss": "platform", "disputeFee": "seller"}' WHERE merchant_id = 'other'`,
    );
    const other = { Authorization: `Bearer ${otherKey}` };
    const seller = unique('seller');
    const body = checkoutBody();
    const order = { ...body.payment_orders[0], seller_account: seller };
    const { body: checkout } = await stack.post({ ...body, payment_orders: [order] }, { Prefer: 'wait=30', ...other });
    const payment = checkout.payment_orders[0]?.psp_reference ?? '';
    const { id: disputeId } = await stack.outside<{ id: string }>('disputes', { payment_intent: payment, fee: 300 });
    await bank(disputeId, 'lost');
    const deadline = Date.now() + 120_000;
    for (;;) {
      const { body: found } = await stack.call<DisputeView>('GET', `/v1/disputes/${disputeId}`, undefined, other);
      if (found.closed_at) break;
      if (Date.now() > deadline) throw new Error('not closed');
      await new Promise((next) => setTimeout(next, 100));
    }
    // 9.00 back as available, less the PSP's 3.00, wherever that was taken from.
    expect(await stack.ledger([body.payment_orders[0]?.payment_order_id ?? ''])).toMatchObject({
      psp_clearing: -300,
      dispute_losses: 1_000,
      platform_fees: 100,
    });
    const { rows } = await stack.owner.query<{ had: string }>(
      'SELECT (available - owed)::text AS had FROM wallet.wallet WHERE seller_account = $1',
      [seller],
    );
    expect(rows).toEqual([{ had: '600' }]);
  });
});

describe('D4 evidence', () => {
  it('is kept, sent and handed in once; people are reminded before it is due', async () => {
    const { payment, id } = await stack.paid();
    const { dispute_id: disputeId } = await dispute(payment);
    // Seven days are left, which is the first reminder's time.
    await stack.found(`PaymentOrderId = '${id}' AND Phase = 'evidence_due'`, 1);
    const { rows } = await stack.owner.query('SELECT reminders FROM payments.dispute WHERE dispute_id = $1', [
      disputeId,
    ]);
    expect(rows).toEqual([{ reminders: 1 }]);
    expect((await evidence(disputeId, 'a first word', false)).body.evidence_submitted).toBe(false);
    await known(disputeId, (found) => (found as unknown as { evidence_sent: boolean }).evidence_sent);
    await evidence(disputeId, 'a better word');
    await known(disputeId, (found) => found.dispute_status === 'under_review');
    const { body } = await evidence(disputeId, 'too late');
    expect(body.type).toBe('urn:paysaga:problem:already-final');
    await stack.found(`PaymentOrderId = '${id}' AND Phase = 'evidence_due'`, 0);
    await bank(disputeId, 'won');
    await closed(disputeId, 'won');
  });

  it.each([
    [{ evidence: {} }, '/evidence'],
    [{ evidence: { card_number: '1' } }, '/evidence/card_number'],
    [{ evidence: { customer_name: 5 } }, '/evidence/customer_name'],
    [{}, '/evidence'],
  ])('bad input %j names %s', async (body, pointer) => {
    const { payment } = await stack.paid();
    const { dispute_id: disputeId } = await dispute(payment, { inquiry: true });
    const answer = await stack.call<Problem>('POST', `/v1/disputes/${disputeId}/evidence`, body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors?.[0]?.pointer).toBe(pointer);
  });

  it("another merchant's dispute is not there, and an operator's key may not answer it", async () => {
    const { payment } = await stack.paid();
    const { dispute_id: disputeId } = await dispute(payment);
    const as = (key: string) => ({ Authorization: `Bearer ${key}` });
    expect((await stack.call('GET', `/v1/disputes/${disputeId}`, undefined, as(otherKey))).status).toBe(404);
    expect((await stack.call('POST', `/v1/disputes/${disputeId}/accept`, {}, as(opsKey))).status).toBe(403);
  });
});
