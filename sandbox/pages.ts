import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse } from 'qs';
import { Connect } from './connect';
import { amountText } from './html';
import type { PaymentIntent } from './objects';
import {
  checkOnboarding,
  emptyOnboarding,
  isFinding,
  onboardingPage,
  type OnboardingErrors,
  type OnboardingForm,
} from './onboarding-page';
import type { CheckoutSession } from './session-objects';
import {
  challengePage,
  checkForm,
  chosenBehaviour,
  emptyForm,
  endedPage,
  paymentPage,
  voucherPage,
  type PageForm,
} from './payment-page';
import { Sessions, type PageAttempt } from './sessions';
import type { StripeApi } from './stripe-api';
import { StripeError } from './stripe-error';

/** How pages reach the sandbox: each visit reads, or changes something as one call does. */
export interface PageWorld {
  accountOf(id: string): string | undefined;
  act<Result>(account: string, baseUrl: string, verb: (api: StripeApi) => Result): Promise<Result>;
}

type Page = ReturnType<typeof paymentPage>;

/** The pages that Stripe shows: to buyers payment, 3-D Secure, voucher, to sellers the onboarding. They live under `/c/`, as Stripe's do. */
export async function servePage(
  world: PageWorld,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  text: string,
): Promise<void> {
  const reply = await answerPage(world, request, path, text);
  response
    .writeHead(reply.status, { ...reply.headers, 'Content-Length': Buffer.byteLength(reply.body) })
    .end(reply.body);
}

async function answerPage(world: PageWorld, request: IncomingMessage, path: string, text: string): Promise<Reply> {
  const [, kind, id] =
    /^\/c\/(pay|authenticate|voucher|onboarding)\/((?:cs_test|pi|seti|acct)_[A-Za-z0-9]+)$/.exec(path) ?? [];
  const account = id === undefined ? undefined : world.accountOf(id);
  if (kind === undefined || id === undefined || account === undefined) return pageReply(404, undefined);
  const baseUrl = `http://${request.headers.host ?? '127.0.0.1'}`;
  const fields = request.method === 'POST' ? (parse(text) as Record<string, unknown>) : undefined;
  const read = (name: string): string => (typeof fields?.[name] === 'string' ? fields[name].slice(0, 200) : '');
  try {
    if (kind === 'pay') {
      const form: PageForm =
        fields === undefined
          ? emptyForm
          : { way: read('way'), number: read('number'), expiry: read('expiry'), cvc: read('cvc'), name: read('name') };
      const refused = new URL(request.url ?? '/', baseUrl).searchParams.has('refused');
      return await world.act(account, baseUrl, (api) =>
        servePayment(api, id, fields === undefined ? undefined : form, refused),
      );
    }
    if (kind === 'onboarding') {
      const token =
        read('token') === '' ? (new URL(request.url ?? '/', baseUrl).searchParams.get('token') ?? '') : read('token');
      const found = read('found');
      const form: OnboardingForm | undefined = fields && {
        firstName: read('firstName'),
        lastName: read('lastName'),
        birthday: read('birthday'),
        address: read('address'),
        iban: read('iban'),
        terms: read('terms'),
        found: isFinding(found) ? found : 'verified',
      };
      return await world.act(account, baseUrl, (api) => serveOnboarding(api, id, token, form));
    }
    const outcome = fields === undefined ? undefined : read('outcome') === 'succeeded';
    return await world.act(account, baseUrl, (api) =>
      kind === 'voucher' ? serveVoucher(api, id, outcome) : serveChallenge(api, id, outcome),
    );
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    return pageReply(error.status === 404 ? 404 : 409, undefined);
  }
}

/** A link is good for one visit, within its time; whoever comes with an old one is sent to where another is made. */
function serveOnboarding(api: StripeApi, id: string, token: string, form: OnboardingForm | undefined): Reply {
  const account = api.get('account', id);
  const hidden = api.hidden(id);
  const visit = hidden['visit'] as
    { token: string; expiresAt: number; returnUrl: string; refreshUrl: string; session?: string } | undefined;
  if (visit === undefined) return pageReply(404, undefined);
  const { nowSeconds } = api.call;
  const { currently_due: wants } = account['requirements'] as { currently_due: string[] };
  const show = (status: number, shown: OnboardingForm, errors: OnboardingErrors, session: string): Reply =>
    pageReply(
      status,
      onboardingPage(wants, shown, errors, {
        token: session,
        returnUrl: visit.returnUrl,
      }),
    );
  if (form === undefined) {
    if (token !== visit.token || visit.session !== undefined || visit.expiresAt < nowSeconds)
      return redirectReply(visit.refreshUrl);
    const session = randomBytes(16).toString('hex');
    api.save(account, { ...hidden, visit: { ...visit, session } });
    return show(200, emptyOnboarding, {}, session);
  }
  if (visit.session === undefined || token !== visit.session) return redirectReply(visit.refreshUrl);
  const errors = checkOnboarding(form, new Date(nowSeconds * 1000));
  if (Object.keys(errors).length > 0) return show(422, form, errors, visit.session);
  new Connect(api).submit(id, form);
  api.save(api.get('account', id), { ...hidden, visit: { ...visit, session: randomBytes(16).toString('hex') } });
  return redirectReply(visit.returnUrl);
}

function servePayment(api: StripeApi, id: string, form: PageForm | undefined, refused: boolean): Reply {
  const sessions = new Sessions(api);
  const session = sessions.find(id);
  const expired = session.expires_at <= api.call.nowSeconds;
  if (session.status === 'open' && expired) sessions.expire(id);
  const standing = sessions.find(id);
  if (standing.status !== 'open') return pageReply(200, endedPage(standing));
  const show = (status: number, shown: PageForm, errors = {}, notice: string | null = null): Reply =>
    pageReply(status, paymentPage(standing, sessions.nameOf(id), { ...shown, cvc: '' }, errors, notice));
  if (form === undefined)
    return show(200, emptyForm, {}, refused ? 'Your bank could not verify you. Try again, or use another card.' : null);
  const errors = checkForm(form, new Date(api.call.nowSeconds * 1000));
  if (Object.keys(errors).length > 0) return show(422, form, errors);
  const behaviour = chosenBehaviour(standing, form);
  if (behaviour === undefined) return show(422, emptyForm, {}, 'Choose one of the ways to pay.');
  const attempt = sessions.pay(id, behaviour);
  if (attempt.next === 'again') return show(402, form, { number: attempt.message }, attempt.message);
  return redirectReply(nextOf(attempt, standing));
}

function nextOf(attempt: Exclude<PageAttempt, { next: 'again' }>, session: CheckoutSession): string {
  switch (attempt.next) {
    case 'done':
      return session.success_url.replace('{CHECKOUT_SESSION_ID}', session.id);
    case 'challenge':
      return `/c/authenticate/${attempt.of}`;
    case 'voucher':
      return `/c/voucher/${attempt.of}`;
  }
}

/** Where the buyer is sent after a challenge, and the page it belongs to, if any. */
function originOf(api: StripeApi, id: string): { session: CheckoutSession | undefined; back: string | null } {
  const sessionId = api.hidden(id)['session'];
  if (typeof sessionId === 'string') {
    const session = new Sessions(api).find(sessionId);
    return { session, back: session.success_url };
  }
  const action = id.startsWith('pi_')
    ? (api.intent(id)['next_action'] as { redirect_to_url?: { return_url?: string | null } } | null)
    : null;
  return { session: undefined, back: action?.redirect_to_url?.return_url ?? null };
}

function serveChallenge(api: StripeApi, id: string, passed: boolean | undefined): Reply {
  const { session, back } = originOf(api, id);
  const object = api.get(id.startsWith('pi_') ? 'payment_intent' : 'setup_intent', id);
  const ended = object['status'] !== 'requires_action';
  if (passed === undefined || ended) {
    const intent = id.startsWith('pi_') ? (object as PaymentIntent) : undefined;
    return pageReply(
      200,
      challengePage({ amount: intent === undefined ? null : amountText(intent.amount, intent.currency), ended, back }),
    );
  }
  if (session !== undefined) {
    const attempt = new Sessions(api).afterChallenge(session.id, id, passed);
    return redirectReply(attempt.next === 'again' ? `/c/pay/${session.id}?refused` : nextOf(attempt, session));
  }
  try {
    api.finishPaymentIntent(id, passed ? 'succeeded' : 'failed');
  } catch (error) {
    if (!(error instanceof StripeError) || error.status !== 402) throw error;
  }
  if (back === null) return pageReply(200, challengePage({ amount: null, ended: true, back }));
  const url = new URL(back);
  url.searchParams.set('payment_intent', id);
  url.searchParams.set('redirect_status', passed ? 'succeeded' : 'failed');
  return redirectReply(url.href);
}

function serveVoucher(api: StripeApi, id: string, paid: boolean | undefined): Reply {
  const { back } = originOf(api, id);
  if (paid !== undefined && api.intent(id).status === 'requires_action')
    finishDelayed(api, id, paid ? 'succeeded' : 'failed');
  const intent = api.intent(id);
  const type = intent['payment_method_types'] as string[];
  return pageReply(
    200,
    voucherPage({
      type: type[0] ?? 'voucher',
      amount: amountText(intent.amount, intent.currency),
      number: '999 123 456',
      status: intent.status,
      back,
    }),
  );
}

/** Ends a delayed payment, and lets its page follow. A failure is an end like any other. */
export function finishDelayed(api: StripeApi, id: string, outcome: 'succeeded' | 'failed'): unknown {
  try {
    api.finishPaymentIntent(id, outcome);
  } catch (error) {
    if (!(error instanceof StripeError) || error.status !== 402) throw error;
  }
  new Sessions(api).followPayment(id);
  return api.intent(id);
}

/** An answer, made before it is sent: what the buyer did is kept first. */
interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const redirectReply = (to: string): Reply => ({
  status: 303,
  headers: { Location: to, 'Cache-Control': 'no-store' },
  body: '',
});

function pageReply(status: number, shown: Page | undefined): Reply {
  const missing = { body: 'There is no such page.', headers: { 'Content-Type': 'text/plain; charset=utf-8' } };
  return { status, ...(shown ?? missing) };
}
