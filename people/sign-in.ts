import express, { type Request, type Response, type Router } from 'express';
import {
  beginTry,
  changePerson,
  endSessions,
  findPerson,
  forgetTries,
  isLockedNow,
  takeCode,
  trySubject,
} from '../prisma/people';
import { passwordLength } from './auth';
import { html, type Html } from './html';
import { addressLacks, addressPattern, nameLacks, passwordLacks, span } from './input';
import { codeField, field, form, newPasswordField } from './page';
import {
  asked,
  destination,
  done,
  hasSecondFactor,
  headersOf,
  limited,
  note,
  problem,
  readForm,
  refusalOf,
  said,
  show,
  takeCookies,
  Turned,
  visitorOf,
  type PeopleDependencies,
} from './visit';

interface SignedIn {
  readonly twoFactorRedirect?: boolean;
  readonly user?: { readonly id: string };
}

const wrong = 'E-mail address or password is wrong.';
const wrongCode = 'That code is wrong, or it has been used already. Wait for the next one.';
const mailSent = 'If there is somebody of that address, a mail is on its way.';

/** Coming in and going out: registering, signing in with password and code, a forgotten password. */
export function signInRoutes(dependencies: PeopleDependencies): Router {
  const { auth, people, registration, triesPerMinute } = dependencies;
  const router = express.Router();
  const guarded = limited(triesPerMinute);

  router.get('/sign-in', async (request, response) => {
    if ((await visitorOf(dependencies, request)) !== undefined) throw Turned.to('/');
    show(response, 'Sign in', signInForm('', asked(request, 'to'), registration));
  });
  router.post('/sign-in', guarded, readForm, (request, response) => signIn(dependencies, request, response));

  router.get('/sign-in/code', (request, response) =>
    show(response, 'Second factor', codeForm(asked(request, 'to'), 'otp')),
  );
  router.get('/sign-in/recovery-code', (request, response) =>
    show(response, 'Recovery code', codeForm(asked(request, 'to'), 'recovery_code')),
  );
  router.post('/sign-in/code', guarded, readForm, (request, response) =>
    signInWithCode(dependencies, 'otp', request, response),
  );
  router.post('/sign-in/recovery-code', guarded, readForm, (request, response) =>
    signInWithCode(dependencies, 'recovery_code', request, response),
  );

  router.post('/sign-out', async (request, response) => {
    const visitor = await visitorOf(dependencies, request);
    const answer = await auth.api.signOut({ headers: headersOf(request), asResponse: true });
    takeCookies(answer, response);
    if (visitor !== undefined) await note(dependencies, request, { kind: 'signed_out', personId: visitor.person.id });
    response.redirect(303, '/sign-in');
  });

  router.get('/register', (_request, response) => {
    mustBeOpen();
    show(response, 'Register', registrationForm());
  });
  router.post('/register', guarded, readForm, async (request, response) => {
    mustBeOpen();
    const [name, email, password] = [
      said(request, 'name').trim(),
      said(request, 'email').trim(),
      said(request, 'new_password'),
    ];
    const lacking = nameLacks(name) ?? addressLacks(email) ?? passwordLacks(password);
    if (lacking !== undefined) {
      show(response, 'Register', registrationForm(name, email), { status: 400, notice: problem(lacking) });
      return;
    }
    const answer = await auth.api.signUpEmail({
      body: { name, email, password },
      headers: headersOf(request),
      asResponse: true,
    });
    if (!answer.ok) throw Turned.away(400, 'The registration was not taken: look at the address and try again.');
    // The same page for an address that is taken: its owner gets a mail.
    const made = await findPerson(people, { email });
    if (made?.emailVerified === false) await note(dependencies, request, { kind: 'registered', personId: made.id });
    show(response, 'Look into your mail', html`<p>Open the link that is in it, then sign in.</p>`, {
      notice: done(`A mail is on its way to ${email}.`),
    });
  });

  // Mail servers open links, too: only the button confirms.
  router.get('/verify', (request, response) =>
    show(response, 'Confirm your address', form('/verify', 'Confirm', html``, { token: asked(request, 'token') })),
  );
  router.post('/verify', guarded, readForm, async (request, response) => {
    const token = said(request, 'token');
    const answer = await auth.api.verifyEmail({ query: { token }, headers: headersOf(request), asResponse: true });
    if (!answer.ok) throw Turned.away(400, 'This link does not hold any more: sign in, and you get another.');
    const email = addressIn(token);
    const person = email === undefined ? null : await findPerson(people, { email });
    if (person !== null) await note(dependencies, request, { kind: 'address_confirmed', personId: person.id });
    show(response, 'Sign in', signInForm(email ?? '', '', registration), {
      notice: done('Your address is confirmed.'),
    });
  });

  router.get('/forgot', (_request, response) => show(response, 'Forgotten password', forgottenForm()));
  router.post('/forgot', guarded, readForm, (request, response) => {
    const email = said(request, 'email').trim();
    // Behind the answer: how long it takes says nothing about whether there is somebody of that address.
    if (addressPattern.test(email)) void forgot(dependencies, request, email);
    show(response, 'Forgotten password', forgottenForm(), { notice: done(mailSent) });
  });

  router.get('/reset', (request, response) => show(response, 'New password', resetForm(asked(request, 'token'))));
  router.post('/reset', guarded, readForm, (request, response) => reset(dependencies, request, response));
  return router;

  function mustBeOpen(): void {
    if (registration === 'closed') throw Turned.away(403, 'Nobody registers here: people are invited.');
  }
}

async function signIn(dependencies: PeopleDependencies, request: Request, response: Response): Promise<void> {
  const { auth, people, locks, secret, registration } = dependencies;
  const [email, password, to] = [
    said(request, 'email').trim(),
    said(request, 'password'),
    destination(said(request, 'to')),
  ];
  const refuse = (status: number, text: string): void =>
    show(response, 'Sign in', signInForm(email, to, registration), { status, notice: problem(text) });
  if (!addressPattern.test(email) || password === '' || password.length > passwordLength.most) {
    refuse(401, wrong);
    return;
  }
  const subject = trySubject(secret, 'password', email);
  const lockedUntil = await beginTry(people, subject, locks);
  if (lockedUntil !== undefined) {
    response.setHeader('Retry-After', String(Math.ceil((lockedUntil.getTime() - Date.now()) / 1_000)));
    refuse(429, lockedWords(lockedUntil));
    return;
  }
  const answer = await auth.api.signInEmail({
    body: { email, password },
    headers: headersOf(request),
    asResponse: true,
  });
  if (!answer.ok) {
    const refusal = await refusalOf(answer);
    // Those two are told to whoever knows the password only.
    if (refusal === 'EMAIL_NOT_VERIFIED' || refusal === 'SUSPENDED') {
      await forgetTries(people, subject);
      refuse(
        403,
        refusal === 'SUSPENDED'
          ? 'You are suspended: ask your administrator.'
          : 'Confirm your address first: a mail is on its way.',
      );
      return;
    }
    const person = await findPerson(people, { email });
    await note(dependencies, request, { kind: 'sign_in_failed', personId: person?.id ?? null });
    if (person !== null && (await isLockedNow(people, subject))) {
      await note(dependencies, request, { kind: 'locked', personId: person.id });
      void dependencies.mails.changed(person, 'Too many wrong passwords: signing in is locked for a while');
    }
    refuse(401, wrong);
    return;
  }
  await forgetTries(people, subject);
  takeCookies(answer, response);
  const { twoFactorRedirect, user } = (await answer.json()) as SignedIn;
  if (twoFactorRedirect === true) {
    response.redirect(303, `/sign-in/code?to=${encodeURIComponent(to)}`);
    return;
  }
  await note(dependencies, request, { kind: 'signed_in', personId: user?.id ?? null });
  response.redirect(303, await firstPage(dependencies, user?.id ?? '', to));
}

/** Who may do something sets a second factor first; buyers look at what they have paid, and may do without. */
async function firstPage(dependencies: PeopleDependencies, personId: string, to: string): Promise<string> {
  const person = await findPerson(dependencies.people, { id: personId });
  if (person === null || (person.roles === '' && person.sellers === '')) return to;
  return (await hasSecondFactor(dependencies, person)) ? to : '/account/authenticator';
}

async function signInWithCode(
  dependencies: PeopleDependencies,
  factor: 'otp' | 'recovery_code',
  request: Request,
  response: Response,
): Promise<void> {
  const { auth, people } = dependencies;
  const [code, to] = [said(request, 'code').trim(), destination(said(request, 'to'))];
  const title = factor === 'otp' ? 'Second factor' : 'Recovery code';
  const refuse = (status: number, text: string): void =>
    show(response, title, codeForm(to, factor), { status, notice: problem(text) });
  const call = { body: { code }, headers: headersOf(request), asResponse: true as const };
  const answer = await (factor === 'otp' ? auth.api.verifyTOTP(call) : auth.api.verifyBackupCode(call));
  if (!answer.ok) {
    const refusal = await refusalOf(answer);
    if (refusal === 'INVALID_TWO_FACTOR_COOKIE' || refusal === 'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE')
      throw Turned.to('/sign-in');
    await note(dependencies, request, { kind: 'second_factor_failed', factor });
    if (refusal === 'ACCOUNT_TEMPORARILY_LOCKED')
      refuse(429, `Too many wrong codes: nothing is tried for ${span(dependencies.locks.lockedSeconds)}.`);
    else refuse(401, factor === 'otp' ? wrongCode : 'That recovery code is wrong, or it has been used already.');
    return;
  }
  const { token, user } = (await answer.json()) as { token: string; user: { id: string } };
  if (factor === 'otp' && !(await takeCode(people, user.id, code))) {
    // The session that it began is nobody's: its cookie is not handed on.
    await endSessions(people, user.id, { token });
    await note(dependencies, request, {
      kind: 'second_factor_failed',
      personId: user.id,
      factor,
      details: { why: 'used' },
    });
    refuse(401, wrongCode);
    return;
  }
  takeCookies(answer, response);
  await note(dependencies, request, { kind: 'signed_in', personId: user.id, factor });
  if (factor === 'recovery_code') {
    const person = await findPerson(people, { id: user.id });
    if (person !== null) void dependencies.mails.changed(person, 'One of your recovery codes was used');
  }
  response.redirect(303, to);
}

async function forgot(dependencies: PeopleDependencies, request: Request, email: string): Promise<void> {
  const { auth, people, logger } = dependencies;
  try {
    await auth.api.requestPasswordReset({ body: { email }, headers: headersOf(request) });
    const person = await findPerson(people, { email });
    if (person !== null) await note(dependencies, request, { kind: 'password_reset_asked', personId: person.id });
  } catch (error) {
    logger.error({ err: error }, 'a new password could not be offered');
  }
}

async function reset(dependencies: PeopleDependencies, request: Request, response: Response): Promise<void> {
  const { auth, people, secret, registration } = dependencies;
  const [token, newPassword] = [said(request, 'token'), said(request, 'new_password')];
  const lacking = passwordLacks(newPassword);
  if (lacking !== undefined) {
    show(response, 'New password', resetForm(token), { status: 400, notice: problem(lacking) });
    return;
  }
  const context = await auth.$context;
  const found = await context.internalAdapter.findVerificationValue(`reset-password:${token}`);
  const answer = await auth.api.resetPassword({
    body: { token, newPassword },
    headers: headersOf(request),
    asResponse: true,
  });
  if (!answer.ok) throw Turned.away(400, 'This link does not hold any more, or it has been used: ask for another.');
  const person = found === null ? null : await findPerson(people, { id: found.value });
  if (person !== null) {
    // Whoever reads the mail of an address has confirmed it; and a lock is there against those who don't.
    await changePerson(people, person.id, { emailVerified: true });
    await forgetTries(people, trySubject(secret, 'password', person.email));
    await note(dependencies, request, { kind: 'password_reset', personId: person.id });
    void dependencies.mails.changed(person, 'Your password was changed');
  }
  show(response, 'Sign in', signInForm(person?.email ?? '', '', registration), {
    notice: done('Your password is changed, and all sessions have ended.'),
  });
}

/** Whose address a token that the library has just taken was for. */
function addressIn(token: string): string | undefined {
  const [, payload = ''] = token.split('.');
  const { email } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { email?: unknown };
  return typeof email === 'string' ? email : undefined;
}

const lockedWords = (until: Date): string =>
  `Too many wrong passwords: nothing is tried before ${until.toISOString().slice(11, 16)} UTC. A new password by mail unlocks it at once.`;

const signInForm = (email: string, to: string, registration: string): Html =>
  html`${form(
      '/sign-in',
      'Sign in',
      [
        field('email', 'E-mail address', { type: 'email', autocomplete: 'username webauthn', value: email }),
        field('password', 'Password', { type: 'password', autocomplete: 'current-password' }),
      ],
      { to: destination(to) },
    )}
    <p>
      <button type="button" class="plain" data-passkey="sign-in" data-to="${destination(to)}" hidden>
        Sign in with a passkey
      </button>
    </p>
    <p id="passkey-problem" role="alert"></p>
    <p>
      <a href="/forgot">Forgotten password</a
      >${registration === 'open' ? html` · <a href="/register">Register</a>` : null}
    </p>
    <script src="/webauthn.js"></script>
    <script src="/passkey.js"></script>`;

function codeForm(to: string, factor: 'otp' | 'recovery_code'): Html {
  const way = destination(to);
  return factor === 'otp'
    ? html`${form('/sign-in/code', 'Go on', codeField(), { to: way })}
        <p>
          No authenticator at hand?
          <a href="/sign-in/recovery-code?to=${encodeURIComponent(way)}">Use a recovery code</a>
        </p>`
    : html`${form('/sign-in/recovery-code', 'Go on', field('code', 'One of your recovery codes, such as Ab3dE-f9GhI'), { to: way })}
        <p><a href="/sign-in/code?to=${encodeURIComponent(way)}">Use the authenticator</a></p>`;
}

const registrationForm = (name = '', email = ''): Html =>
  form('/register', 'Register', [
    field('name', 'Name', { autocomplete: 'name', value: name }),
    field('email', 'E-mail address', { type: 'email', autocomplete: 'email', value: email }),
    newPasswordField('Password'),
  ]);

const forgottenForm = (): Html =>
  form('/forgot', 'Send a link', field('email', 'E-mail address', { type: 'email', autocomplete: 'username' }));

const resetForm = (token: string): Html =>
  form('/reset', 'Change the password', newPasswordField('New password'), { token });
