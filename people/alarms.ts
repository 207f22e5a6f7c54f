import { createHash } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import { opsKinds } from '../domain/notification';
import { ask, detailOf, merchantOf, read, type Listed } from './api';
import { html, type Html } from './html';
import { field, form, wideTable } from './page';
import {
  asked,
  done,
  mustBe,
  mustBeSure,
  note,
  problem,
  readForm,
  said,
  saidAll,
  show,
  Turned,
  type PeopleDependencies,
} from './visit';

interface Contact {
  readonly contact_id: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly has_chat: boolean;
  readonly has_push: boolean;
  readonly kinds: readonly string[];
  readonly active: boolean;
}

/** In the page: asks the browser for an address that pushes reach it at (Push API), and sends it with the form. Hidden where there is none. */
const script = `'use strict';
(() => {
  const form = document.getElementById('push-form');
  if (!form || !('serviceWorker' in navigator) || !('PushManager' in window)) return;
  const problem = document.getElementById('push-problem');
  form.hidden = false;
  document.getElementById('push-missing').hidden = true;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (sign) => sign.charCodeAt(0));
  const subscribe = async () => {
    if ((await Notification.requestPermission()) !== 'granted') throw new Error('This browser may not show messages: allow it in its settings.');
    const registration = await navigator.serviceWorker.register('/push-worker.js');
    await navigator.serviceWorker.ready;
    const applicationServerKey = bytes(form.dataset.key);
    const earlier = await registration.pushManager.getSubscription();
    const same = earlier && new Uint8Array(earlier.options.applicationServerKey || []).join() === applicationServerKey.join();
    if (earlier && !same) await earlier.unsubscribe();
    const found = same ? earlier : await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
    form.elements.subscription.value = JSON.stringify(found.toJSON());
    form.submit();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    problem.textContent = '';
    subscribe().catch((error) => { problem.textContent = error.message; });
  });
})();
`;

/** Behind the page: shows what comes, and opens what it is about. */
const worker = `'use strict';
self.addEventListener('push', (event) => {
  const { title, url } = event.data ? event.data.json() : {};
  event.waitUntil(self.registration.showNotification(title || 'Paysaga', { tag: url || title, data: { url } }));
});
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { url } = event.notification.data || {};
  event.waitUntil(self.clients.openWindow(/^https?:/.test(url || '') ? url : '/'));
});
`;

/** Alarms in the browser of whoever is on duty: who is told of what, and this browser among them. */
export function alarmRoutes(dependencies: PeopleDependencies): Router {
  const router = express.Router();
  router.get('/push.js', (_request, response) => void response.type('js').send(script));
  router.get('/push-worker.js', (_request, response) => void response.type('js').send(worker));
  router.get('/alarms', async (request, response) => {
    const visitor = await mustBe(dependencies, request, 'ops');
    const merchant = merchantOf(visitor, asked(request, 'merchant'));
    const notice = asked(request, 'done') === '1' ? done('It is done.') : undefined;
    show(response, 'Alarms', await alarmsPage(dependencies, request, merchant), { visitor, notice });
  });
  router.post('/alarms', readForm, (request, response) =>
    change(dependencies, request, response, () => {
      const subscription = subscriptionOf(said(request, 'subscription'));
      // One per browser: subscribing again changes it.
      const id = `browser-${createHash('sha256').update(subscription.endpoint).digest('hex').slice(0, 16)}`;
      const kinds = saidAll(request, 'kind');
      const name = said(request, 'name').trim();
      return { id, body: { name, kinds, push_subscription: subscription, active: true } };
    }),
  );
  router.post('/alarms/stop', readForm, (request, response) =>
    change(dependencies, request, response, (email) => {
      const id = said(request, 'id');
      // A contact must be reachable somehow; one that is not active is told nothing.
      return { id, body: { name: said(request, 'name'), email, kinds: [], active: false } };
    }),
  );
  return router;
}

/** What the browser has said of itself. The API looks at it closely. @throws Turned when it is none */
function subscriptionOf(text: string): { readonly endpoint: string } {
  try {
    const found = JSON.parse(text) as { endpoint?: unknown };
    if (typeof found.endpoint === 'string') return { ...found, endpoint: found.endpoint };
  } catch {
    // As if it had said nothing.
  }
  throw Turned.away(400, 'This browser has given no address for pushes.');
}

async function change(
  dependencies: PeopleDependencies,
  request: Request,
  response: Response,
  wanted: (email: string) => { readonly id: string; readonly body: object },
): Promise<void> {
  const visitor = await mustBe(dependencies, request, 'ops');
  const merchant = merchantOf(visitor, said(request, 'merchant'));
  const here = `/alarms?merchant=${encodeURIComponent(merchant)}`;
  mustBeSure(dependencies, visitor, here);
  const { id, body } = wanted(visitor.person.email);
  const path = `/v1/contacts/${encodeURIComponent(id)}`;
  const answer = await ask(dependencies, request, { path, merchant, method: 'PUT', body });
  if (!answer.ok) {
    show(response, 'Alarms', await alarmsPage(dependencies, request, merchant), {
      status: answer.status,
      visitor,
      notice: problem(await detailOf(answer)),
    });
    return;
  }
  await note(dependencies, request, { kind: 'alarms_changed', personId: visitor.person.id, details: { contact: id } });
  response.redirect(303, `${here}&done=1`);
}

const inWords = (kind: string): string => kind.replaceAll('_', ' ');

const waysOf = ({ email, phone, has_chat: chat, has_push: push }: Contact): string =>
  [email ?? '', phone ?? '', chat ? 'chat' : '', push ? 'push' : ''].filter((way) => way !== '').join(', ');

async function alarmsPage(dependencies: PeopleDependencies, request: Request, merchant: string): Promise<Html> {
  const { pushKey } = dependencies;
  const { data: contacts } = await read<Listed<Contact>>(dependencies, request, {
    merchant,
    path: '/v1/contacts?limit=100',
  });
  return html`<form method="get" action="/alarms">
      ${field('merchant', 'Merchant', { value: merchant, id: 'whose' })}<button class="plain">Look</button>
    </form>
    <h2>Who is told</h2>
    ${
      contacts.length === 0
        ? html`<p>Nobody.</p>`
        : wideTable(
            'Who is told',
            ['who', 'how', 'of what', 'stop it'],
            contacts.map((contact) => [
              contact.name,
              contact.active ? waysOf(contact) : 'stopped',
              contact.kinds.length === 0 ? 'everything' : contact.kinds.map(inWords).join(', '),
              contact.active && contact.contact_id.startsWith('browser-')
                ? form('/alarms/stop', 'Stop', html``, { merchant, id: contact.contact_id, name: contact.name }, true)
                : '',
            ]),
          )
    }
    <h2>This browser</h2>
    ${pushKey === undefined ? html`<p>No pushes are sent from here: VAPID_PUBLIC_KEY is not set.</p>` : subscribing(merchant, pushKey)}`;
}

const subscribing = (merchant: string, key: string): Html =>
  html`<p id="push-missing">This browser takes no pushes.</p>
    <form method="post" action="/alarms" id="push-form" data-key="${key}" hidden>
      <input type="hidden" name="merchant" value="${merchant}" /><input type="hidden" name="subscription" value="" />
      ${field('name', 'What this browser is called', { value: 'My browser' })}
      <fieldset>
        <legend>Of what it is told; nothing chosen: of everything</legend>
        ${opsKinds.map((kind) => html`<label><input type="checkbox" name="kind" value="${kind}" /> ${inWords(kind)}</label>`)}
      </fieldset>
      <button>Show alarms in this browser</button>
    </form>
    <p id="push-problem" role="alert"></p>
    <script src="/push.js"></script>`;
