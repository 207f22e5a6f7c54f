import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type Request, type Router } from 'express';
import { isSessionLive } from '../prisma/people';
import { headersOf, readForm, visitorOf, type PeopleDependencies } from './visit';

/** What the API asks of an issuer: how it describes itself, its keys, tokens, and whether one still holds. */
export function issuerRoutes(dependencies: PeopleDependencies): Router {
  const { auth, publicUrl, audience, people } = dependencies;
  const router = express.Router();
  // OpenID Connect Discovery 1.0, section 3, as far as it is there: people sign in on our own pages, not for other programs.
  router.get('/.well-known/openid-configuration', (_request, response) => {
    response.json({
      issuer: publicUrl,
      jwks_uri: `${publicUrl}/jwks`,
      introspection_endpoint: `${publicUrl}/oauth/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic'],
      id_token_signing_alg_values_supported: ['ES256'],
      claims_supported: [
        'sub',
        'sid',
        'email',
        'email_verified',
        'name',
        'roles',
        'paysaga_merchants',
        'paysaga_sellers',
        'amr',
        'auth_time',
      ],
    });
  });
  router.get('/jwks', async (_request, response) => {
    response.json(await auth.api.getJwks());
  });
  router.get('/token', async (request, response) => {
    if ((await visitorOf(dependencies, request)) === undefined) {
      response.status(401).json({ error: 'invalid_session', error_description: 'sign in first' });
      return;
    }
    response.json(await auth.api.getToken({ headers: headersOf(request) }));
  });
  // RFC 7662.
  router.post('/oauth/introspect', readForm, async (request, response) => {
    if (!isClient(dependencies, request)) {
      response.status(401).set('WWW-Authenticate', 'Basic realm="introspection"').json({ error: 'invalid_client' });
      return;
    }
    const { token } = (request.body ?? {}) as { token?: unknown };
    const { payload } = await auth.api.verifyJWT({
      body: { token: typeof token === 'string' ? token : '', issuer: publicUrl },
    });
    const sessionId = payload?.['sid'];
    const isActive =
      payload?.aud === audience && typeof sessionId === 'string' && (await isSessionLive(people, sessionId));
    response.json(isActive ? { active: true, ...payload } : { active: false });
  });
  return router;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function isClient({ client }: PeopleDependencies, request: Request): boolean {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,2000})$/i.exec(request.get('authorization') ?? '')?.[1] ?? '';
  const given = Buffer.from(encoded, 'base64').toString('utf8');
  return timingSafeEqual(digest(given), digest(`${client.id}:${client.secret}`));
}
