import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import express, { type Request, type Response, type Router } from 'express';
import { endSessions, showSecondFactor } from '../prisma/people';
import {
  hasSecondFactor,
  headersOf,
  limited,
  mustBeSure,
  note,
  takeCookies,
  Turned,
  visitorOf,
  type PeopleDependencies,
} from './visit';
import type { Visitor } from './visitor';

/** Calls of the library that a browser's script makes, and by which method. */
const calls: Readonly<Record<string, 'GET' | 'POST'>> = {
  '/passkey/generate-register-options': 'GET',
  '/passkey/verify-registration': 'POST',
  '/passkey/generate-authenticate-options': 'GET',
  '/passkey/verify-authentication': 'POST',
};

/** In the browser: asks the device, and the server before and after. Without scripts, or on a device without passkeys, the buttons stay hidden. */
const script = `'use strict';
(() => {
  const webauthn = window.SimpleWebAuthnBrowser;
  if (!webauthn || !webauthn.browserSupportsWebAuthn()) return;
  const problem = document.getElementById('passkey-problem');
  const call = async (path, body) => {
    const answer = await fetch('/auth/passkey/' + path, body === undefined
      ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.message || 'The passkey was not taken.');
    return said;
  };
  const add = async () => {
    const optionsJSON = await call('generate-register-options');
    optionsJSON.authenticatorSelection = { ...optionsJSON.authenticatorSelection, userVerification: 'required' };
    await call('verify-registration', { response: await webauthn.startRegistration({ optionsJSON }) });
    location.reload();
  };
  const signIn = async (to) => {
    const optionsJSON = await call('generate-authenticate-options');
    optionsJSON.userVerification = 'required';
    await call('verify-authentication', { response: await webauthn.startAuthentication({ optionsJSON }) });
    location.assign(to);
  };
  for (const button of document.querySelectorAll('[data-passkey]')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      problem.textContent = '';
      const work = button.dataset.passkey === 'add' ? add() : signIn(button.dataset.to || '/');
      work.catch((error) => { problem.textContent = error.message; });
    });
  }
})();
`;

/** Passkeys (WebAuthn Level 3): the script, and the calls that it makes. */
export function passkeyRoutes(dependencies: PeopleDependencies): Router {
  const router = express.Router();
  const bundle = join(dirname(require.resolve('@simplewebauthn/browser')), '../dist/bundle/index.umd.min.js');
  const library = readFileSync(bundle, 'utf8');
  router.get('/webauthn.js', (_request, response) => void response.type('js').send(library));
  router.get('/passkey.js', (_request, response) => void response.type('js').send(script));
  router.use(
    '/auth',
    limited(dependencies.triesPerMinute),
    express.json({ limit: '64kb' }),
    (request, response, next) =>
      calls[request.path] === request.method ? handOn(dependencies, request, response) : next(),
  );
  return router;
}

async function handOn(dependencies: PeopleDependencies, request: Request, response: Response): Promise<void> {
  const { auth, publicUrl, people } = dependencies;
  const isRegistering = request.path.includes('regist');
  const visitor = await visitorOf(dependencies, request);
  if (isRegistering) await mayAdd(dependencies, visitor);
  const headers = headersOf(request);
  headers.set('origin', new URL(publicUrl).origin);
  if (request.method === 'POST') headers.set('content-type', 'application/json');
  const answer = await auth.handler(
    new globalThis.Request(`${publicUrl}/auth${request.path}`, {
      method: request.method,
      headers,
      ...(request.method === 'POST' && { body: JSON.stringify(request.body) }),
    }),
  );
  takeCookies(answer, response);
  const text = await answer.text();
  if (request.method === 'POST') {
    // The session before it is followed by the one that has just begun.
    if (answer.ok && !isRegistering && visitor !== undefined)
      await endSessions(people, visitor.person.id, { id: visitor.sessionId });
    // The session in which the device has just asked who holds it has shown a second factor.
    if (answer.ok && isRegistering && visitor !== undefined)
      await showSecondFactor(people, visitor.sessionId, 'passkey');
    const person = isRegistering ? visitor?.person.id : personIn(text);
    await note(dependencies, request, {
      kind: !answer.ok ? 'second_factor_failed' : isRegistering ? 'passkey_added' : 'signed_in',
      personId: person ?? null,
      factor: 'passkey',
    });
    if (answer.ok && isRegistering && visitor !== undefined)
      void dependencies.mails.changed(visitor.person, 'A passkey was added for you');
  }
  response
    .status(answer.status)
    .type('json')
    .send(isRegistering || request.method === 'GET' || !answer.ok ? text : '{}');
}

/** A first passkey is added in a session of one's own; further ones, and one beside an authenticator, after showing what is there. */
async function mayAdd(dependencies: PeopleDependencies, visitor: Visitor | undefined): Promise<void> {
  if (visitor === undefined) throw Turned.away(401, 'Sign in first.');
  if (await hasSecondFactor(dependencies, visitor.person)) mustBeSure(dependencies, visitor, '/account');
}

function personIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { user?: { id?: string } }).user?.id;
  } catch {
    return undefined;
  }
}
