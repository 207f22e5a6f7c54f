import express, { type Request, type Response, type Router } from 'express';
import {
  notificationIdPattern,
  notificationKinds,
  notificationStates,
  type NotificationKind,
} from '../domain/notification';
import { canonicalLocale } from '../domain/locale';
import { AddressRefused, checkedUrl } from '../events/address-guard';
import { addressHash, shownAddress } from '../notifications/addresses';
import { sampleFacts } from '../notifications/facts';
import { renderMessage } from '../notifications/render';
import { findMerchant } from '../prisma/identity';
import {
  attemptsOf,
  findContact,
  findNotification,
  forgetBounce,
  listContacts,
  listNotifications,
  noteBounce,
  recordNotification,
  restartNotification,
  saveContact,
  type ContactRecord,
  type NotificationRecord,
} from '../prisma/notification';
import { seal } from '../providers/secret-box';
import { renderAttempt, renderContact, renderNotification } from '../render';
import { notificationRulesFrom } from '../domain/policies';
import { kindRules } from '../domain/notification';
import { callerWith } from './authentication';
import type { ApiDependencies } from './checkouts';
import { idOf, listAnswer, pageOf, wordOf, wrongParameter } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { bounceBody, contactBody, forgetBounceBody } from './schemas';

const eventIdPattern = /^evt_[a-z0-9]{1,64}$/;
const resourcePattern = /^[A-Za-z0-9._-]{1,255}$/;

/** Who is told what, and how that went. */
export function notificationRoutes(dependencies: ApiDependencies): Router {
  const { databases, secretsKey, webhooks } = dependencies;
  const { events } = databases;
  const router = express.Router();

  router.get('/contacts', async (request, response) => {
    const { merchantId } = callerWith('ops:read', response);
    const { limit, after } = pageOf(request);
    const found = await listContacts(events, merchantId, limit + 1, after);
    response.json(listAnswer(found, limit, renderContact, (contact) => contact.contactId));
  });
  router.get('/contacts/:id', async (request, response) => {
    const { merchantId } = callerWith('ops:read', response);
    response.json(renderContact(await mustFindContact(merchantId, idOf(request))));
  });
  router.put('/contacts/:id', (request, response) => putContact(request, response));

  router.get('/notifications', async (request, response) => {
    const { merchantId } = callerWith('notifications:read', response);
    const { limit, after } = pageOf(request, notificationIdPattern);
    const filter = {
      state: wordOf(request, 'state', notificationStates),
      kind: wordOf(request, 'kind', notificationKinds),
      eventId: patternParameter(request, 'event_id', eventIdPattern, 'the id of an event'),
      resourceId: patternParameter(request, 'resource_id', resourcePattern, 'the id of what it is about'),
    };
    const found = await listNotifications(events, merchantId, filter, limit + 1, after);
    response.json(listAnswer(found, limit, renderNotification, (one) => one.notificationId));
  });
  router.get('/notifications/:id', async (request, response) => {
    const { merchantId } = callerWith('notifications:read', response);
    response.json(await whole(await mustFind(merchantId, idOf(request, notificationIdPattern))));
  });
  router.post('/notifications/:id/resend', async (request, response) => {
    const { merchantId } = callerWith('notifications:write', response);
    const found = await mustFind(merchantId, idOf(request, notificationIdPattern));
    if (!(await restartNotification(events, found)))
      throw new Problem('already-final', 'it is on its way: there is nothing to send again');
    response.status(202).json(await whole(await mustFind(merchantId, found.notificationId)));
  });
  router.get('/notification_previews/:id', (request, response) => preview(request, response));
  router.post('/notification_bounces', (request, response) => postBounce(request, response));
  router.post('/notification_bounces/forget', async (request, response) => {
    const { merchantId } = callerWith('notifications:write', response);
    const { email } = readBody(request, forgetBounceBody);
    if (!(await forgetBounce(events, merchantId, addressHash(secretsKey, merchantId, 'email', email))))
      throw new Problem('not-found', 'nothing has bounced from that address');
    response.json({ email, reason: 'forgotten', notification: null });
  });
  return router;

  async function putContact(request: Request, response: Response): Promise<void> {
    const { merchantId } = callerWith('ops:write', response);
    const body = readBody(request, contactBody);
    const contactId = idOf(request);
    for (const [pointer, url] of [
      ['/chat_url', body.chat_url],
      ['/push_subscription/endpoint', body.push_subscription?.endpoint],
    ] as const)
      if (url !== undefined) mayBeSentTo(pointer, url);
    const sealed = (what: string, text: string | undefined): Buffer | null =>
      text === undefined ? null : seal(text, secretsKey, `${merchantId}:${what}:${contactId}`);
    const { push_subscription: push } = body;
    await saveContact(events, {
      merchantId,
      contactId,
      name: body.name,
      email: body.email ?? null,
      phone: body.phone ?? null,
      chatUrlSealed: sealed('chat', body.chat_url),
      pushSealed: sealed(
        'push',
        push === undefined ? undefined : JSON.stringify({ endpoint: push.endpoint, keys: push.keys }),
      ),
      locale: body.locale ?? null,
      kinds: body.kinds,
      active: body.active,
    });
    response.json(renderContact(await mustFindContact(merchantId, contactId)));
  }

  function mayBeSentTo(pointer: string, url: string): void {
    try {
      checkedUrl(url, webhooks);
    } catch (error) {
      if (!(error instanceof AddressRefused)) throw error;
      throw new Problem('validation-failed', `${pointer} ${error.message}`, [{ pointer, detail: error.message }]);
    }
  }

  /** An example of each kind, as its readers get it: as JSON with all forms of it, or the HTML alone. */
  async function preview(request: Request, response: Response): Promise<void> {
    const { merchantId } = callerWith('notifications:read', response);
    const kind = notificationKinds.find((one) => one === request.params['id']);
    if (kind === undefined) throw new Problem('not-found', `there is no such kind: ${notificationKinds.join(', ')}`);
    const format = wordOf(request, 'format', ['json', 'html'] as const) ?? 'json';
    const asked = request.query['locale'];
    const locale = typeof asked === 'string' ? canonicalLocale(asked) : undefined;
    if (asked !== undefined && locale === undefined)
      throw wrongParameter('locale', 'must be a language tag such as "de-AT"');
    const merchant = await findMerchant(databases.identity, merchantId);
    const reader = {
      merchant: merchant?.name ?? merchantId,
      locale: locale ?? notificationRulesFrom(merchant?.policies).locale,
      timeZone: merchant?.pspAccount?.timeZone ?? 'UTC',
      unsubscribeUrl: kindRules[kind].optional ? `${dependencies.publicUrl}/unsubscribe?token=example` : null,
    };
    const { subject, html, text, short } = renderMessage<NotificationKind>(kind, sampleFacts[kind], reader);
    if (format === 'html') response.type('html').send(html);
    else response.json({ kind, locale: reader.locale, subject, html, text, short });
  }

  /** A mail server says later that an address takes nothing (RFC 3464): it is not written to again, and an urgent message goes by another way. */
  async function postBounce(request: Request, response: Response): Promise<void> {
    const { merchantId } = callerWith('notifications:write', response);
    const { email, reason, notification_id: notificationId } = readBody(request, bounceBody);
    const found = notificationId === undefined ? undefined : await mustFind(merchantId, notificationId);
    const hash = addressHash(secretsKey, merchantId, 'email', email);
    await noteBounce(events, { merchantId, addressHash: hash, shown: shownAddress('email', email), reason });
    if (found?.state === 'delivered' && found.channel === 'email') {
      await recordNotification(events, found, {
        state: 'failed',
        reason: 'bounced',
        tries: found.tries,
        nextTryAt: null,
      });
      if (kindRules[found.kind as NotificationKind].urgent) await restartNotification(events, found);
    }
    const notification = found === undefined ? null : await whole(await mustFind(merchantId, found.notificationId));
    response.json({ email, reason, notification });
  }

  async function whole(found: NotificationRecord) {
    const attempts = await attemptsOf(events, found);
    return { ...renderNotification(found), attempts: attempts.map(renderAttempt) };
  }

  async function mustFind(merchantId: string, notificationId: string): Promise<NotificationRecord> {
    const found = await findNotification(events, { merchantId, notificationId });
    if (found === undefined) throw new Problem('not-found', 'there is no such notification');
    return found;
  }

  async function mustFindContact(merchantId: string, contactId: string): Promise<ContactRecord> {
    const found = await findContact(events, merchantId, contactId);
    if (found === undefined) throw new Problem('not-found', 'there is no such contact');
    return found;
  }
}

function patternParameter(request: Request, name: string, pattern: RegExp, what: string): string | undefined {
  const given = request.query[name];
  if (given === undefined || (typeof given === 'string' && pattern.test(given))) return given;
  throw wrongParameter(name, `must be ${what}`);
}
