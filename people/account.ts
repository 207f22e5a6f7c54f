import express, { type Request, type Response, type Router } from 'express';
import { renderSVG } from 'uqr';
import { rolePurposes } from '../domain/roles';
import {
  beginTry,
  endSessions,
  forgetTries,
  listPasskeys,
  listSessions,
  removePasskey,
  showSecondFactor,
  takeCode,
  trySubject,
} from '../prisma/people';
import { listOf } from './auth';
import { Html, html } from './html';
import { passwordLacks, span } from './input';
import { codeField, field, form, moment, newPasswordField, wideTable } from './page';
import {
  asked,
  destination,
  hasSecondFactor,
  headersOf,
  limited,
  mustBeSure,
  mustVisit,
  note,
  problem,
  readForm,
  said,
  show,
  takeCookies,
  Turned,
  type PeopleDependencies,
} from './visit';
import type { Visitor } from './visitor';

/** What somebody who has signed in does about their own way in. */
export function accountRoutes(dependencies: PeopleDependencies): Router {
  const { people, auth, triesPerMinute } = dependencies;
  const router = express.Router();
  const guarded = limited(triesPerMinute);

  router.get('/account', async (request, response) => {
    const visitor = await mustVisit(dependencies, request);
    show(response, 'Account', await accountPage(dependencies, visitor), { visitor });
  });

  router.get('/account/authenticator', async (request, response) => {
    const visitor = await mustVisit(dependencies, request);
    if (visitor.person.twoFactorEnabled) throw Turned.to('/account');
    show(response, 'Set up an authenticator', beginForm(), { visitor });
  });
  router.post('/account/authenticator', guarded, readForm, (request, response) =>
    beginAuthenticator(dependencies, request, response),
  );
  router.post('/account/authenticator/confirm', guarded, readForm, (request, response) =>
    confirmAuthenticator(dependencies, request, response),
  );
  router.post('/account/authenticator/remove', guarded, readForm, async (request, response) => {
    const visitor = await mustVisit(dependencies, request);
    mustBeSure(dependencies, visitor, '/account');
    await withPassword(dependencies, visitor, async () => {
      const body = { password: said(request, 'password') };
      const answer = await auth.api.disableTwoFactor({ body, headers: headersOf(request), asResponse: true });
      if (answer.ok) takeCookies(answer, response);
      return answer.ok;
    });
    await note(dependencies, request, { kind: 'authenticator_removed', personId: visitor.person.id });
    void dependencies.mails.changed(visitor.person, 'Your authenticator was removed');
    response.redirect(303, '/account');
  });
  router.post('/account/recovery-codes', guarded, readForm, async (request, response) => {
    const visitor = await mustVisit(dependencies, request);
    mustBeSure(dependencies, visitor, '/account');
    let codes: readonly string[] = [];
    await withPassword(dependencies, visitor, async () => {
      const body = { password: said(request, 'password') };
      const answer = await auth.api.generateBackupCodes({ body, headers: headersOf(request), asResponse: true });
      if (answer.ok) ({ backupCodes: codes } = (await answer.json()) as { backupCodes: string[] });
      return answer.ok;
    });
    await note(dependencies, request, { kind: 'recovery_codes_made', personId: visitor.person.id });
    void dependencies.mails.changed(visitor.person, 'New recovery codes were made for you');
    show(response, 'Recovery codes', codesShown(codes), { visitor });
  });
  router.post('/account/passkeys/remove', readForm, async (request, response) => {
    const visitor = await mustVisit(dependencies, request);
    mustBeSure(dependencies, visitor, '/account');
    if (!(await removePasskey(people, visitor.person.id, said(request, 'id')))) throw Turned.to('/account');
    await note(dependencies, request, { kind: 'passkey_removed', personId: visitor.person.id });
    void dependencies.mails.changed(visitor.person, 'One of your passkeys was removed');
    response.redirect(303, '/account');
  });

  router.post('/account/sessions/end', readForm, async (request, response) => {
    const visitor = await mustVisit(dependencies, request);
    const id = said(request, 'id');
    await endSessions(people, visitor.person.id, id === '' ? { allBut: visitor.sessionId } : { id });
    await note(dependencies, request, { kind: 'sessions_ended', personId: visitor.person.id });
    response.redirect(303, '/account');
  });
  router.post('/account/password', guarded, readForm, (request, response) =>
    changePassword(dependencies, request, response),
  );

  // Showing the second factor again, for what asks for a recent one.
  router.get('/second-factor', async (request, response) => {
    const visitor = await mustVisit(dependencies, request);
    show(response, 'Second factor', await againForm(dependencies, visitor, asked(request, 'to')), { visitor });
  });
  router.post('/second-factor', guarded, readForm, (request, response) => showAgain(dependencies, request, response));
  return router;
}

/** Counts a try in an open session before it is looked at. @throws Turned when there were too many */
async function countTry(
  { people, locks, secret }: PeopleDependencies,
  what: 'password' | 'code',
  whose: string,
): Promise<Buffer> {
  const subject = trySubject(secret, what, whose);
  if ((await beginTry(people, subject, locks)) !== undefined)
    throw Turned.away(429, `Too many wrong ${what}s: wait ${span(locks.lockedSeconds)}.`);
  return subject;
}

/** Runs what needs a password, which nobody may guess at, not even in a session that was left open. @throws Turned */
async function withPassword(
  dependencies: PeopleDependencies,
  { person }: Visitor,
  work: () => Promise<boolean>,
): Promise<void> {
  const subject = await countTry(dependencies, 'password', person.email);
  if (!(await work())) throw Turned.away(401, 'The password is wrong.');
  await forgetTries(dependencies.people, subject);
}

async function beginAuthenticator(
  dependencies: PeopleDependencies,
  request: Request,
  response: Response,
): Promise<void> {
  const { auth } = dependencies;
  const visitor = await mustVisit(dependencies, request);
  if (visitor.person.twoFactorEnabled) throw Turned.to('/account');
  // Whoever has a passkey shows it: a password alone adds no second factor to one that is there.
  if (await hasSecondFactor(dependencies, visitor.person)) mustBeSure(dependencies, visitor, '/account/authenticator');
  let made: { totpURI: string; backupCodes: string[] } | undefined;
  await withPassword(dependencies, visitor, async () => {
    const body = { password: said(request, 'password'), method: 'totp' as const };
    const answer = await auth.api.enableTwoFactor({ body, headers: headersOf(request), asResponse: true });
    if (answer.ok) made = (await answer.json()) as { totpURI: string; backupCodes: string[] };
    return answer.ok;
  });
  if (made === undefined) throw Turned.to('/account');
  const secret = new URL(made.totpURI).searchParams.get('secret') ?? '';
  show(
    response,
    'Set up an authenticator',
    html`<p>Scan this with an authenticator program, or type the key into it.</p>
      <div role="img" aria-label="QR code with the key below">${new Html(renderSVG(made.totpURI, { border: 2 }))}</div>
      <p>Key: <code id="secret">${secret}</code></p>
      <h2>Recovery codes</h2>
      <p>
        Each of them opens the door once when the authenticator is lost. They are shown now and never again: keep them
        in a safe place.
      </p>
      ${codeList(made.backupCodes)} ${form('/account/authenticator/confirm', 'Confirm', codeField())}`,
    { visitor },
  );
}

async function confirmAuthenticator(
  dependencies: PeopleDependencies,
  request: Request,
  response: Response,
): Promise<void> {
  const { auth, people } = dependencies;
  const visitor = await mustVisit(dependencies, request);
  const { person } = visitor;
  if (person.twoFactorEnabled) throw Turned.to('/account');
  const code = said(request, 'code').trim();
  const subject = await countTry(dependencies, 'code', person.id);
  const answer = await auth.api.verifyTOTP({ body: { code }, headers: headersOf(request), asResponse: true });
  if (!answer.ok) {
    show(response, 'Set up an authenticator', form('/account/authenticator/confirm', 'Confirm', codeField()), {
      status: 401,
      visitor,
      notice: problem('That code is wrong: is the clock of your device right?'),
    });
    return;
  }
  await forgetTries(people, subject);
  await takeCode(people, person.id, code);
  takeCookies(answer, response);
  await note(dependencies, request, { kind: 'authenticator_set', personId: person.id, factor: 'otp' });
  void dependencies.mails.changed(person, 'An authenticator was set up for you');
  response.redirect(303, '/');
}

async function changePassword(dependencies: PeopleDependencies, request: Request, response: Response): Promise<void> {
  const { auth } = dependencies;
  const visitor = await mustVisit(dependencies, request);
  if (await hasSecondFactor(dependencies, visitor.person)) mustBeSure(dependencies, visitor, '/account');
  const newPassword = said(request, 'new_password');
  const lacking = passwordLacks(newPassword);
  if (lacking !== undefined) throw Turned.away(400, lacking);
  await withPassword(dependencies, visitor, async () => {
    const body = { currentPassword: said(request, 'password'), newPassword, revokeOtherSessions: true };
    const answer = await auth.api.changePassword({ body, headers: headersOf(request), asResponse: true });
    if (answer.ok) takeCookies(answer, response);
    return answer.ok;
  });
  await note(dependencies, request, { kind: 'password_changed', personId: visitor.person.id });
  void dependencies.mails.changed(visitor.person, 'Your password was changed');
  response.redirect(303, '/account');
}

async function showAgain(dependencies: PeopleDependencies, request: Request, response: Response): Promise<void> {
  const { auth, people } = dependencies;
  const visitor = await mustVisit(dependencies, request);
  const { person, sessionId } = visitor;
  const [code, to] = [said(request, 'code').trim(), destination(said(request, 'to'))];
  const subject = await countTry(dependencies, 'code', person.id);
  const answer = await auth.api.verifyTOTP({ body: { code }, headers: headersOf(request), asResponse: true });
  if (!answer.ok || !person.twoFactorEnabled || !(await takeCode(people, person.id, code))) {
    await note(dependencies, request, { kind: 'second_factor_failed', personId: person.id, factor: 'otp' });
    show(response, 'Second factor', await againForm(dependencies, visitor, to), {
      status: 401,
      visitor,
      notice: problem('That code is wrong, or it has been used already. Wait for the next one.'),
    });
    return;
  }
  await forgetTries(people, subject);
  await showSecondFactor(people, sessionId, 'otp');
  await note(dependencies, request, { kind: 'second_factor_shown', personId: person.id, factor: 'otp' });
  response.redirect(303, to);
}

async function againForm(
  { people, secondFactorSeconds }: PeopleDependencies,
  { person }: Visitor,
  to: string,
): Promise<Html> {
  const way = destination(to);
  const hasPasskey = (await listPasskeys(people, person.id)).length > 0;
  if (!person.twoFactorEnabled && !hasPasskey)
    return html`<p>
      This needs a second factor, and you have none yet. <a href="/account/authenticator">Set one up</a>
    </p>`;
  return html`<p>This needs a second factor that was shown in the last ${span(secondFactorSeconds)}.</p>
    ${person.twoFactorEnabled ? form('/second-factor', 'Go on', codeField(), { to: way }) : null}
    ${hasPasskey ? html`<p><button type="button" class="plain" data-passkey="sign-in" data-to="${way}" hidden>Use a passkey</button></p>` : null}
    <p id="passkey-problem" role="alert"></p>
    <script src="/webauthn.js"></script>
    <script src="/passkey.js"></script>`;
}

const passwordField = (id: string, label = 'Your password'): Html =>
  field('password', label, { type: 'password', autocomplete: 'current-password', id });

const beginForm = (): Html =>
  html`<p>
      An authenticator is a program on your telephone, or a password manager, that shows a new code every half minute.
    </p>
    ${form('/account/authenticator', 'Go on', passwordField('password'))}`;

const codeList = (codes: readonly string[]): Html =>
  html`<ul class="codes" id="recovery-codes">
    ${codes.map((code) => html`<li>${code}</li>`)}
  </ul>`;

const codesShown = (codes: readonly string[]): Html =>
  html`<p>Each of them opens the door once. Those before them do no more. They are shown now and never again.</p>
    ${codeList(codes)}
    <p><a href="/account">Go on</a></p>`;

async function accountPage({ people }: PeopleDependencies, visitor: Visitor): Promise<Html> {
  const { person, roles, sellers, sessionId } = visitor;
  const [sessions, passkeys] = await Promise.all([listSessions(people, person.id), listPasskeys(people, person.id)]);
  const merchants = listOf(person.merchants);
  return html`<p>${person.name}, ${person.email}</p>
    <h2>What you may do</h2>
    ${
      roles.length === 0
        ? sellers.length > 0
          ? null
          : html`<p>See <a href="/payments">what you have paid</a>. An administrator gives roles for more.</p>`
        : html`<ul>
              ${roles.map((role) => html`<li><strong>${role}</strong>: ${rolePurposes[role]}</li>`)}
            </ul>
            <p>
              For ${merchants.includes('*') ? 'all merchants' : merchants.join(', ') || 'no merchant'}.
              <a href="/token">A token for the API</a>, good for five minutes.
            </p>`
    }
    ${
      sellers.length === 0
        ? null
        : html`<p><strong>seller</strong>: ${sellers.join(', ')}. <a href="/selling">Selling</a></p>`
    }
    <h2>Authenticator</h2>
    ${
      person.twoFactorEnabled
        ? html`<p>Set up.</p>
            ${form('/account/recovery-codes', 'Make new recovery codes', passwordField('password-for-codes'), {}, true)}
            ${form('/account/authenticator/remove', 'Remove the authenticator', passwordField('password-to-remove'), {}, true)}`
        : html`<p>None. <a href="/account/authenticator">Set one up</a></p>`
    }
    <h2>Passkeys</h2>
    ${
      passkeys.length === 0
        ? html`<p>None.</p>`
        : html`<ul>
            ${passkeys.map(
              ({ id, name, createdAt }) =>
                html`<li>
                  ${name ?? 'Passkey'}${createdAt === null ? null : html`, since ${moment(createdAt)}`}
                  ${form('/account/passkeys/remove', 'Remove', html``, { id }, true)}
                </li>`,
            )}
          </ul>`
    }
    <p><button type="button" data-passkey="add" hidden>Add a passkey</button></p>
    <p id="passkey-problem" role="alert"></p>
    <h2>Password</h2>
    ${form('/account/password', 'Change the password', [
      passwordField('current-password', 'Current password'),
      newPasswordField('New password'),
    ])}
    <h2>Sessions</h2>
    ${wideTable(
      'Sessions',
      ['since', 'from', 'with', 'end it'],
      sessions.map(({ id, createdAt, ipAddress, userAgent, factor }) => [
        moment(createdAt),
        html`${ipAddress} <span class="quiet">${userAgent?.slice(0, 60)}</span>`,
        factor ?? 'password',
        id === sessionId ? 'this one' : form('/account/sessions/end', 'End', html``, { id }, true),
      ]),
    )}
    ${form('/account/sessions/end', 'End all others', html``, {}, true)}
    <script src="/webauthn.js"></script>
    <script src="/passkey.js"></script>`;
}
