import { createECDH, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { simpleParser } from 'mailparser';
import { generateVAPIDKeys } from 'web-push';
import { gatherFacts } from '../../activities/notification-facts';
import { emailWay } from '../../notifications/email';
import { pushWay } from '../../notifications/push';
import { smsWay } from '../../notifications/sms';
import { notificationSink } from '../../notifications/sink';
import { notificationKinds } from '../../domain/notification';
import {
  beginAttempt,
  findNotification,
  isToldAlready,
  listNotifications,
  makeNotifications,
  reviveNotifications,
  type NotificationRecord,
} from '../../prisma/notification';
import { eventsAfter, keepEvents } from '../../prisma/event';
import { MoodySmtp, Receiver, openPush } from '../support/receivers';
import {
  checkoutBody,
  opsKey,
  otherKey,
  otherOpsKey,
  platformKey,
  TestStack,
  unique,
  type Problem,
} from '../support/stack';

interface Message {
  readonly notification_id: string;
  readonly event_id: string;
  readonly kind: string;
  readonly recipient: string;
  readonly state: string;
  readonly reason: string | null;
  readonly channel: string | null;
  readonly tries: number;
  readonly next_try_at: string | null;
  readonly attempts: readonly {
    readonly channel: string;
    readonly to: string;
    readonly state: string;
    readonly detail: string | null;
  }[];
}

const twilioPath = `/2010-04-01/Accounts/AC${'0'.repeat(32)}/Messages.json`;
const ops = { Authorization: `Bearer ${opsKey}` };
const platform = { Authorization: `Bearer ${platformKey}` };

let stack: TestStack;
const smtp = new MoodySmtp();
const receiver = new Receiver();
let receiverUrl: string;
let smtpUrl: string;

beforeAll(async () => {
  smtpUrl = await smtp.listen();
  receiverUrl = await receiver.listen();
  receiver.answers.set(twilioPath, { status: 201, body: { sid: 'SM1', status: 'queued' } });
  const { publicKey, privateKey } = generateVAPIDKeys();
  stack = await TestStack.start({
    withWorker: false,
    notifications: true,
    plant: (dependencies) => ({
      ...dependencies,
      notifications: {
        sendEmail: emailWay({ smtpUrl, from: 'pay@paysaga.example' }),
        sendSms: smsWay({
          accountSid: `AC${'0'.repeat(32)}`,
          authToken: 'secret',
          from: '+15005550006',
          url: receiverUrl,
        }),
        sendPush: pushWay({ publicKey, privateKey, subject: 'mailto:ops@paysaga.example' }, { allowLoopback: true }),
        publicUrl: stack.apiUrl,
        temporalUi: 'https://temporal.example/namespaces/default',
      },
    }),
  });
  await stack.call(
    'PUT',
    '/v1/merchants/default',
    { policies: { notifications: { tell_buyers: true, tell_sellers: true, locale: 'en' } } },
    platform,
  );
  await stack.startWorker();
});
afterEach(async () => {
  await stack.clearFaults();
  await stack.owner.query('UPDATE events.contact SET active = false');
});
afterAll(async () => {
  await stack.stop();
  await Promise.all([smtp.close(), receiver.close()]);
});

const address = (): string => `${unique('reader')}@shop.example`;

/** The one message of a kind about something, once it is as wanted. */
async function message(
  about: string,
  kind: string,
  wanted: (found: Message) => boolean = ({ state }) => state !== 'pending',
): Promise<Message> {
  let found: Message | undefined;
  await stack.eventually(async () => {
    const { body } = await stack.call<{ data: Message[] }>(
      'GET',
      `/v1/notifications?resource_id=${about}&kind=${kind}`,
    );
    // The first one: what is stuck may be stuck again and again.
    const first = body.data.at(-1);
    if (first === undefined) return `no ${kind} about ${about}`;
    ({ body: found } = await stack.call<Message>('GET', `/v1/notifications/${first.notification_id}`));
    return wanted(found) ? undefined : JSON.stringify(found);
  });
  if (found === undefined) throw new Error('not found');
  return found;
}

/** A checkout that its buyer has paid, with where the buyer is reached. */
async function bought(buyer: Record<string, unknown>, orders = 1): Promise<{ id: string; order: string }> {
  const body = checkoutBody({ orders });
  const { body: checkout } = await stack.post(
    { ...body, buyer_info: { ...body.buyer_info, ...buyer } },
    { Prefer: 'wait=30' },
  );
  expect(checkout.checkout_status).toBe('paid');
  return { id: checkout.checkout_id, order: checkout.payment_orders[0]?.payment_order_id ?? '' };
}

/** An order that waits for a person, and one contact who is told of it. */
async function alarm(
  contact: Record<string, unknown>,
  fault = 'unauthorized',
): Promise<{ order: string; checkout: string; contactId: string }> {
  const contactId = unique('contact');
  const { status } = await stack.call(
    'PUT',
    `/v1/contacts/${contactId}`,
    { name: 'On call', kinds: ['needs_attention'], ...contact },
    ops,
  );
  expect(status).toBe(200);
  const body = checkoutBody();
  const order = body.payment_orders[0]?.payment_order_id ?? '';
  await stack.fault({ kind: fault, times: 500, metadata: { payment_order_id: order } });
  await stack.post(body);
  await stack.parked(body.checkout_id);
  return { order, checkout: body.checkout_id, contactId };
}

/** Nobody is told any more, and the order goes on. */
async function over({ order, checkout, contactId }: Awaited<ReturnType<typeof alarm>>): Promise<void> {
  await stack.call('PUT', `/v1/contacts/${contactId}`, { name: 'Gone', email: address(), active: false }, ops);
  await stack.clearFaults();
  await stack.call('POST', `/v1/ops/processes/payment_order:${order}/retry`, { reason: 'over' }, ops);
  await stack.final(checkout);
}

describe('what buyers are told', () => {
  it('a receipt for a checkout: once, in their language, as HTML and text, with a Message-ID of its own', async () => {
    const email = address();
    const { id } = await bought({ email, locale: 'de-AT' }, 2);
    const found = await message(id, 'receipt');
    expect(found).toMatchObject({ state: 'delivered', channel: 'email', tries: 1, recipient: `checkout:${id}` });
    expect(found.attempts).toMatchObject([{ channel: 'email', to: `r…@shop.example`, state: 'delivered' }]);
    const [source, ...more] = smtp.for(email);
    expect(more).toEqual([]);
    const mail = await simpleParser(source ?? '');
    expect(mail.messageId).toBe(`<${found.notification_id}@paysaga>`);
    expect(mail.from?.text).toBe('"Default" <pay@paysaga.example>');
    expect(mail.subject).toMatch(/^Ihre Quittung von Default: €/);
    expect(mail.text).toContain(id);
    expect(mail.html).toContain('<html lang="de">');
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
  });

  it('a refund', async () => {
    const email = address();
    const { order } = await bought({ email });
    const { body } = await stack.refund(order, { amount: '5.00' });
    await message(body.refund_id, 'refund', ({ state }) => state === 'delivered');
    const mails = await Promise.all(smtp.for(email).map((source) => simpleParser(source)));
    expect(mails.map(({ subject }) => subject)).toContain('Your refund from Default: €5.00');
  });

  it('nobody, where there is no address, and where the merchant has not said that it wants it', async () => {
    const { id } = await bought({ email: undefined });
    expect(await message(id, 'receipt')).toMatchObject({ state: 'unneeded', reason: 'no_address', attempts: [] });
    const events = await eventsAfter(stack.databases.events, 0n, 1_000);
    const about = events.filter(({ type, resourceId }) => type === 'checkout.paid' && resourceId === id);
    expect(about).toHaveLength(1);
    const silent = notificationSink(stack.databases.events, () =>
      Promise.resolve({ tellBuyers: false, tellSellers: false, locale: 'en' }),
    );
    await silent.take(about.map((event) => ({ ...event, eventId: `evt_${unique('x').replace('-', '')}` })));
    const { rows } = await stack.owner.query('SELECT FROM events.notification WHERE resource_id = $1', [id]);
    expect(rows).toHaveLength(1);
  });

  it('an event that is relayed twice is told once', async () => {
    const email = address();
    const { id } = await bought({ email });
    await message(id, 'receipt');
    const sink = notificationSink(stack.databases.events, () =>
      Promise.resolve({ tellBuyers: true, tellSellers: true, locale: 'en' }),
    );
    const events = await eventsAfter(stack.databases.events, 0n, 1_000);
    await sink.take(events.filter(({ resourceId }) => resourceId === id));
    await stack.eventually(async () => {
      const { rows } = await stack.owner.query('SELECT FROM events.notification WHERE started < starts');
      return rows.length === 0 ? undefined : 'some are not started';
    });
    expect(smtp.for(email)).toHaveLength(1);
  });
});

describe('what sellers are told', () => {
  it('that money is on its way to their account, and that it came back', async () => {
    const email = address();
    const { seller } = await stack.verifiedSeller();
    const put = await stack.call('PUT', `/v1/sellers/${seller}`, { email, locale: 'de', phone: '+4915112345678' });
    expect(put.body).toMatchObject({ email, locale: 'de' });
    await stack.paid({ seller, available: true });
    const { body: payout } = await stack.payOut({ seller_account: seller, amount: '20.00' });
    await stack.outside(`payouts/${payout.psp_payout ?? ''}/finish`, { status: 'paid' }).catch(() => undefined);
    await message(payout.payout_id, 'payout_paid', ({ state }) => state === 'delivered');
    const [source = ''] = smtp.for(email);
    expect((await simpleParser(source)).subject?.replaceAll('\u00a0', ' ')).toBe(
      'Default hat Ihnen 20,00 € ausgezahlt',
    );
  });
});

describe('statements', () => {
  it('are told of once a month, to each seller who had entries in it, and to nobody else', async () => {
    const [email, idle] = [address(), unique('idle')];
    const { seller } = await stack.paid();
    await stack.call('PUT', `/v1/sellers/${seller}`, { email });
    await stack.call('PUT', `/v1/sellers/${idle}`, { email: `x${email}` });
    const month = new Date().toISOString().slice(0, 7);
    const announce = () =>
      stack.client.workflow.execute('statementsWorkflow', {
        workflowId: unique('statements'),
        taskQueue: stack.taskQueue,
        args: [{ month }],
      });
    expect(await announce()).toBeGreaterThan(0);
    await announce();
    const about = `${seller}.${month}.EUR`;
    expect(await message(about, 'statement')).toMatchObject({ state: 'delivered', recipient: seller });
    expect((await simpleParser(smtp.for(email)[0] ?? '')).subject).toMatch(
      /^Your statement from Default for \w+ \d{4}$/,
    );
    const { body } = await stack.call<{ data: { data: unknown }[] }>(
      'GET',
      `/v1/events?type=statement.ready&resource_id=${about}`,
    );
    expect(body.data).toMatchObject([{ data: { seller_account: seller, month, currencies: ['EUR'] } }]);
    await stack.eventually(async () => {
      const { rows } = await stack.owner.query(
        "SELECT FROM events.notification WHERE state = 'pending' AND kind = 'statement'",
      );
      return rows.length === 0 ? undefined : 'some wait';
    });
    expect([smtp.for(email).length, smtp.for(`x${email}`).length]).toEqual([1, 0]);
  });
});

describe('what ops are told', () => {
  it('an alarm goes to the chat; where that is gone to the mail, and the chat is not asked again', async () => {
    receiver.answers.set('/gone', { status: 404 });
    const email = address();
    const alarmed = await alarm({ chat_url: `${receiverUrl}/gone`, email });
    const found = await message(alarmed.order, 'needs_attention');
    expect(found).toMatchObject({ state: 'delivered', channel: 'email' });
    expect(found.attempts.map(({ channel, state }) => [channel, state])).toEqual([
      ['chat', 'refused'],
      ['email', 'delivered'],
    ]);
    expect(JSON.parse(receiver.on('/gone')[0]?.body.toString() ?? '')).toEqual({
      text: expect.stringMatching(
        /^Needs attention: payment \S+ \(.+\) https:\/\/temporal\.example\/namespaces\/default\/workflows\//,
      ),
    });
    const [source = ''] = smtp.for(email);
    expect((await simpleParser(source)).text).toContain(`workflows/payment-order%2Fdefault%2F${alarmed.order}`);
    await over(alarmed);
  });

  it('one that has been settled before it could be told is not told', async () => {
    const email = address();
    smtp.moods.set(email, '451');
    const alarmed = await alarm({ email });
    const found = await message(alarmed.order, 'needs_attention', ({ tries }) => tries === 1);
    expect(found).toMatchObject({ state: 'pending', reason: null });
    expect(found.attempts).toMatchObject([{ state: 'deferred', detail: expect.stringContaining('451') }]);
    await stack.clearFaults();
    await stack.call('POST', `/v1/ops/processes/payment_order:${alarmed.order}/retry`, { reason: 'mended' }, ops);
    await stack.final(alarmed.checkout);
    // It may have looked by itself by now.
    await stack.client.workflow
      .getHandle(`notification/default/${found.notification_id}`)
      .signal('review')
      .catch(() => undefined);
    expect(await message(alarmed.order, 'needs_attention')).toMatchObject({
      state: 'unneeded',
      reason: 'settled_meanwhile',
    });
    expect(smtp.for(email)).toEqual([]);
  });

  it('while what is stuck is being tried again, an alarm waits for how that ends', async () => {
    const body = checkoutBody({ paymentMethod: 'pm_card_authenticationRequired' });
    const resourceId = body.payment_orders[0]?.payment_order_id ?? '';
    await stack.post(body);
    await stack.until(body.checkout_id, ({ payment_orders: orders }) => orders[0]?.phase === 'requires_action');
    const recipient = unique('contact');
    await stack.call('PUT', `/v1/contacts/${recipient}`, { name: 'C', email: address(), kinds: ['break_opened'] }, ops);
    const about = { merchantId: 'default', resourceType: 'payment', resourceId, recipient } as NotificationRecord;
    const gather = () => gatherFacts(stack.dependencies(), 'needs_attention', about);
    // It is under way, and moved a moment ago.
    expect(await gather()).toEqual({ next: 'wait', seconds: 5 });
    await stack.owner.query(
      "UPDATE payments.payment_order SET updated_at = now() - interval '3 minutes' WHERE payment_order_id = $1",
      [resourceId],
    );
    expect(await gather()).toEqual({ next: 'nothing', reason: 'settled_meanwhile' });
  });

  it('what is stuck again within the hour is not told again', async () => {
    const email = address();
    const alarmed = await alarm({ email });
    await message(alarmed.order, 'needs_attention');
    const events = await eventsAfter(stack.databases.events, 0n, 1_000);
    const again = events.filter(
      ({ type, resourceId }) => type === 'payment.needs_attention' && resourceId === alarmed.order,
    );
    const eventId = `evt_${unique('again').replace('-', '')}`;
    await keepEvents(
      stack.databases.events,
      again.slice(0, 1).map((event) => ({ ...event, eventId })),
    );
    await stack.eventually(async () => {
      const { body } = await stack.call<{ data: Message[] }>(
        'GET',
        `/v1/notifications?resource_id=${alarmed.order}&state=unneeded`,
      );
      return body.data.some(({ reason }) => reason === 'told_already') ? undefined : JSON.stringify(body.data);
    });
    expect(smtp.for(email)).toHaveLength(1);
    await over(alarmed);
  });

  it('of several that are made at once one is told, and not none', async () => {
    const contactId = unique('contact');
    const { events } = stack.databases;
    const eventIds = ['a', 'b', 'c'].map((letter) => `evt_${letter}${unique('once').replace('-', '')}`);
    await stack.call('PUT', `/v1/contacts/${contactId}`, { name: 'C', email: address(), kinds: ['break_opened'] }, ops);
    await makeNotifications(
      events,
      eventIds.map((eventId) => ({
        merchantId: 'default',
        eventId,
        kind: 'needs_attention',
        audience: 'ops',
        recipient: contactId,
        resourceType: 'payment',
        resourceId: contactId,
        // Still to be sent while this looks.
        notBefore: new Date(Date.now() + 3_600_000),
      })),
    );
    const made = await listNotifications(events, 'default', { resourceId: contactId }, 10, null);
    const giveWay = await Promise.all(made.map((one) => isToldAlready(events, one, new Date())));
    expect(giveWay.filter((isTold) => !isTold)).toHaveLength(1);
    expect(giveWay).toHaveLength(3);
  });

  it('an urgent one goes on by SMS when its mail bounces later', async () => {
    const email = address();
    const alarmed = await alarm({ email, phone: '+4915112345678' });
    const found = await message(alarmed.order, 'needs_attention');
    expect(found).toMatchObject({ state: 'delivered', channel: 'email' });
    await stack.call('POST', '/v1/notification_bounces', {
      email,
      reason: '5.2.1 mailbox disabled',
      notification_id: found.notification_id,
    });
    const after = await message(alarmed.order, 'needs_attention', ({ channel }) => channel === 'sms');
    expect(after).toMatchObject({ state: 'delivered' });
    const sent = new URLSearchParams(receiver.on(twilioPath).at(-1)?.body.toString());
    expect(sent.get('To')).toBe('+4915112345678');
    expect(sent.get('Body')).toContain(alarmed.order);
    expect(smtp.for(email)).toHaveLength(1);
    await over(alarmed);
  });

  it('an urgent one goes on by SMS when three mails were put off; a number that takes none ends it', async () => {
    const email = address();
    smtp.moods.set(email, '451');
    receiver.answers.set(twilioPath, { status: 400, body: { code: 21211, message: 'invalid number', status: 400 } });
    const alarmed = await alarm({ email, phone: '+4915100000000' }, 'error_before_effect');
    const review = async (tries: number): Promise<void> => {
      const { notification_id: id } = await message(alarmed.order, 'needs_attention', (one) => one.tries >= tries);
      await stack.client.workflow.getHandle(`notification/default/${id}`).signal('review');
    };
    await review(1);
    await review(2);
    const found = await message(alarmed.order, 'needs_attention');
    expect(found).toMatchObject({ state: 'failed', reason: 'refused', tries: 4 });
    expect(found.attempts.at(-1)).toMatchObject({ channel: 'sms', to: '…000', state: 'refused' });
    receiver.answers.set(twilioPath, { status: 201, body: { sid: 'SM1' } });
    await over(alarmed);
  });

  it('a web push is sealed for its browser', async () => {
    const browser = createECDH('prime256v1');
    browser.generateKeys();
    const auth = randomBytes(16);
    const alarmed = await alarm({
      push_subscription: {
        endpoint: `${receiverUrl}/push`,
        keys: { p256dh: browser.getPublicKey('base64url'), auth: auth.toString('base64url') },
      },
    });
    expect(await message(alarmed.order, 'needs_attention')).toMatchObject({ state: 'delivered', channel: 'push' });
    const [pushed] = receiver.on('/push');
    expect(pushed?.headers).toMatchObject({
      'content-encoding': 'aes128gcm',
      authorization: expect.stringMatching(/^vapid t=/),
    });
    const opened = openPush(pushed?.body ?? Buffer.alloc(0), browser, auth.toString('base64url'));
    expect(JSON.parse(opened)).toMatchObject({
      title: expect.stringContaining(alarmed.order),
      url: expect.stringContaining('https://temporal.example/'),
    });
    await over(alarmed);
  });

  it('a dispute now, and its deadline two days before; not once evidence is there', async () => {
    const email = address();
    await stack.call(
      'PUT',
      '/v1/contacts/disputes',
      { name: 'Disputes', email, kinds: ['dispute_opened', 'dispute_deadline'] },
      ops,
    );
    const { payment } = await stack.paid();
    const { id } = await stack.outside<{ id: string }>('disputes', { payment_intent: payment });
    expect(await message(id, 'dispute_opened')).toMatchObject({ state: 'delivered' });
    const reminder = await message(id, 'dispute_deadline', ({ next_try_at: next }) => next !== null);
    const { body: dispute } = await stack.call<{ evidence_due_by: string }>('GET', `/v1/disputes/${id}`);
    const due = Date.parse(dispute.evidence_due_by) - 48 * 3_600_000;
    expect(Math.abs(Date.parse(reminder.next_try_at ?? '') - due)).toBeLessThan(5_000);
    await stack.call('POST', `/v1/disputes/${id}/evidence`, { evidence: { uncategorized_text: 'sent' }, submit: true });
    await stack.owner.query('UPDATE events.notification SET not_before = NULL WHERE notification_id = $1', [
      reminder.notification_id,
    ]);
    await stack.client.workflow.getHandle(`notification/default/${reminder.notification_id}`).signal('review');
    expect(await message(id, 'dispute_deadline')).toMatchObject({ state: 'unneeded', reason: 'settled_meanwhile' });
  });
});

describe('addresses', () => {
  it('one that takes nothing is tried once, until somebody says that it is back', async () => {
    const email = address();
    smtp.moods.set(email, '550');
    const first = await message((await bought({ email })).id, 'receipt');
    expect(first).toMatchObject({ state: 'failed', reason: 'refused', tries: 1 });
    // Of the server's words no address is kept.
    expect(first.attempts[0]?.detail).toMatch(/550/);
    expect(first.attempts[0]?.detail).not.toContain(email);
    const second = await message((await bought({ email })).id, 'receipt');
    expect(second).toMatchObject({ state: 'failed', reason: 'bounced', tries: 0, attempts: [] });
    smtp.moods.delete(email);
    await stack.call('POST', '/v1/notification_bounces/forget', { email });
    await stack.call('POST', `/v1/notifications/${second.notification_id}/resend`);
    await stack.eventually(async () => {
      const { body } = await stack.call<Message>('GET', `/v1/notifications/${second.notification_id}`);
      return body.state === 'delivered' ? undefined : body.state;
    });
    expect(smtp.for(email)).toHaveLength(1);
  });

  it('the link in a message stops its kind and no other; opening it changes nothing', async () => {
    const email = address();
    const first = await bought({ email });
    await message(first.id, 'receipt');
    const mail = await simpleParser(smtp.for(email)[0] ?? '');
    const list = mail.headers.get('list') as { unsubscribe?: { url: string } };
    const url = list.unsubscribe?.url ?? '';
    expect(url).toMatch(new RegExp(`^${stack.apiUrl}/unsubscribe\\?token=`));
    expect(url).not.toContain(email);
    expect(mail.headers.get('list-unsubscribe-post')).toBeUndefined();
    const page = await fetch(url);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('No more receipts?')]);
    expect(await message((await bought({ email })).id, 'receipt')).toMatchObject({ state: 'delivered' });
    // As a mail program does it by itself (RFC 8058, 3.2).
    const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    expect((await fetch(url, { ...form, body: 'List-Unsubscribe=One-Click' })).status).toBe(200);
    expect(await message((await bought({ email })).id, 'receipt')).toMatchObject({
      state: 'unneeded',
      reason: 'opted_out',
    });
    const refunded = await stack.refund(first.order, { amount: '1.00' });
    await message(refunded.body.refund_id, 'refund', ({ state }) => state === 'delivered');
    await fetch(url, { ...form, body: 'undo=1' });
    expect(await message((await bought({ email })).id, 'receipt')).toMatchObject({ state: 'delivered' });
    const forged = url.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    expect((await fetch(forged, form)).status).toBe(404);
    expect((await fetch(`${stack.apiUrl}/unsubscribe`)).status).toBe(404);
  });
});

describe('none is doubled, and none is lost without a word', () => {
  it('a mail that may have arrived is not sent again: who resends it knows', async () => {
    const email = address();
    smtp.moods.set(email, 'hang_up');
    const found = await message((await bought({ email })).id, 'receipt');
    expect(found).toMatchObject({ state: 'failed', reason: 'outcome_unknown', tries: 1 });
    expect(smtp.for(email)).toHaveLength(1);
    smtp.moods.delete(email);
    await stack.call('POST', `/v1/notifications/${found.notification_id}/resend`);
    await stack.eventually(async () => {
      const { body } = await stack.call<Message>('GET', `/v1/notifications/${found.notification_id}`);
      return body.state === 'delivered' ? undefined : body.state;
    });
    expect(smtp.for(email)).toHaveLength(2);
    const again = await stack.call<Message>('GET', `/v1/notifications/${found.notification_id}`);
    expect(again.body.attempts).toHaveLength(2);
  });

  it('a server that refuses the message itself does not make its address a dead one', async () => {
    const email = address();
    smtp.moods.set(email, '554');
    expect(await message((await bought({ email })).id, 'receipt')).toMatchObject({
      state: 'failed',
      reason: 'refused',
    });
    smtp.moods.delete(email);
    expect(await message((await bought({ email })).id, 'receipt')).toMatchObject({ state: 'delivered' });
  });

  it('one whose workflow is gone is begun again, and another is left alone', async () => {
    const email = address();
    smtp.moods.set(email, '451');
    const { id } = await bought({ email });
    const found = await message(id, 'receipt', ({ tries }) => tries === 1);
    const run = stack.client.workflow.getHandle(`notification/default/${found.notification_id}`);
    await run.terminate('lost');
    smtp.moods.delete(email);
    expect(await reviveNotifications(stack.databases.events, 10)).toBe(0);
    await stack.owner.query(
      "UPDATE events.notification SET next_try_at = now() - interval '16 minutes', updated_at = now() - interval '16 minutes' WHERE notification_id = $1",
      [found.notification_id],
    );
    await stack.takeUp();
    expect(await message(id, 'receipt')).toMatchObject({ state: 'delivered' });
    expect(smtp.for(email)).toHaveLength(1);
  });

  it('a try of which nobody knows that it goes out never goes out', async () => {
    const email = address();
    const send = emailWay({ smtpUrl, from: 'a@b.example' });
    const mail = {
      id: 'x',
      fromName: 'M',
      to: email,
      subject: 's',
      text: 't',
      html: 'h',
      short: '',
      url: null,
      unsubscribeUrl: null,
    };
    const outcome = await send(mail, () => Promise.reject(new Error('another process has taken over')));
    expect(outcome).toMatchObject({ state: 'deferred' });
    await new Promise((next) => setTimeout(next, 300));
    expect(smtp.for(email)).toEqual([]);
  });

  it('the log stays as it was written, and a number is given once', async () => {
    const { id } = await bought({ email: address() });
    const found = await message(id, 'receipt');
    const key = { merchantId: 'default', notificationId: found.notification_id };
    for (const change of [
      "UPDATE events.notification_attempt SET detail = 'x'",
      'DELETE FROM events.notification_attempt',
    ])
      await expect(stack.owner.query(`${change} WHERE notification_id = $1`, [found.notification_id])).rejects.toThrow(
        'stays as it was written down',
      );
    const way = { start: 1, channel: 'email', shown: 'x' } as const;
    expect(await beginAttempt(stack.databases.events, key, 1, way)).toBe(false);
    expect(await findNotification(stack.databases.events, key)).toMatchObject({ state: 'delivered' });
  });
});

describe('what the API says', () => {
  it('previews each kind in each language, with the merchant’s name', async () => {
    for (const kind of notificationKinds)
      for (const locale of ['en', 'de', 'fr']) {
        const { status, body } = await stack.call<{ subject: string; html: string; text: string }>(
          'GET',
          `/v1/notification_previews/${kind}?locale=${locale}`,
        );
        expect([kind, status]).toEqual([kind, 200]);
        expect(body.html).toContain('</html>');
        expect(body.text.startsWith(body.subject)).toBe(true);
      }
    const wrong = await stack.call<Problem>('GET', '/v1/notification_previews/receipt?locale=!');
    expect(wrong.status).toBe(422);
  });

  it('a contact without a way, or with one that leads inside, is refused by its field', async () => {
    const put = (body: Record<string, unknown>) =>
      stack.call<Problem>('PUT', '/v1/contacts/c', { name: 'C', ...body }, ops);
    expect((await put({})).body.errors).toMatchObject([{ pointer: '/email' }]);
    expect((await put({ chat_url: 'https://10.0.0.1/x' })).body.errors).toMatchObject([{ pointer: '/chat_url' }]);
    expect((await put({ email: 'a@b.example', kinds: ['receipt'] })).body.errors).toMatchObject([
      { pointer: '/kinds/0' },
    ]);
    const storefront = await stack.call('PUT', '/v1/contacts/c', { name: 'C', email: 'a@b.example' });
    expect(storefront.status).toBe(403);
  });

  it('X2 shows a merchant its own messages and contacts only, and no secret of a contact', async () => {
    const { id } = await bought({ email: address() });
    const { notification_id: notification } = await message(id, 'receipt');
    const other = { Authorization: `Bearer ${otherKey}` };
    expect((await stack.call('GET', `/v1/notifications/${notification}`, undefined, other)).status).toBe(404);
    expect((await stack.call('POST', `/v1/notifications/${notification}/resend`, undefined, other)).status).toBe(404);
    await stack.call(
      'PUT',
      '/v1/contacts/chat',
      { name: 'Chat', chat_url: `${receiverUrl}/secret`, active: false },
      ops,
    );
    const { body } = await stack.call<Record<string, unknown>>('GET', '/v1/contacts/chat', undefined, ops);
    expect(body).toMatchObject({ has_chat: true, has_push: false });
    expect(JSON.stringify(body)).not.toContain('secret');
    const { rows } = await stack.owner.query<{ row: string }>(
      "SELECT c::text AS row FROM events.contact AS c WHERE contact_id = 'chat'",
    );
    expect(rows[0]?.row).not.toContain('secret');
    const theirs = { Authorization: `Bearer ${otherOpsKey}` };
    expect((await stack.call('GET', '/v1/contacts/chat', undefined, theirs)).status).toBe(404);
  });
});
