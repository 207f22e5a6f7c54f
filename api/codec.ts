import { createHash } from 'node:crypto';
import express, { type CookieOptions, type Express, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Logger } from '../log';
import type { PrismaClient } from '../prisma/database';
import { open, seal } from '../providers/secret-box';
import { decodePayloads, encodePayloads, PayloadSealed, type PayloadCodec } from '../temporal/payload-codec';
import { authenticate, callerWith } from './authentication';
import { signInPage } from './codec-page';
import type { OperatorTokens } from './operator-token';
import { Problem, problemHandler } from './problem';
import { giveRequestId } from './request-id';
import type { Scope } from './scopes';

/** What the codec server needs. */
export interface CodecDependencies {
  readonly identity: PrismaClient;
  readonly operators: OperatorTokens | undefined;
  readonly logger: Logger;
  readonly codec: PayloadCodec;
  /** Seals the cookies of who has signed in. */
  readonly sessionKey: Buffer;
  /** The exact origins of the Temporal UI, such as https://temporal.example.com. */
  readonly uiOrigins: readonly string[];
  /** Whose operators may read: payloads are of all merchants, and say nothing of whose they are. */
  readonly merchantId: string;
  /** Whether the server is reached by TLS: a cookie for another site's page needs it (RFC 6265bis, SameSite=None). */
  readonly secure: boolean;
}

const cookieName = 'paysaga_codec';
const sessionMs = 8 * 3_600_000;
const bodyLimit = '8mb';
const signInsPerMinute = 10;
const bound = 'codec-session';

interface Session {
  readonly authorization: string;
  readonly until: number;
}

/**
 * Decodes payloads for the Temporal UI and the `temporal` command, for operators who have signed in (X1). The wire format is the
 * SDK's for remote codecs: POST /decode and /encode with `{"payloads": […]}` (docs.temporal.io/production-deployment/data-encryption).
 *
 * Browsers come with a cookie, and only from the UI's exact origins; commands with `Authorization: Bearer`. Each request is looked at anew: a
 * key that was revoked, or a token that has run out, decodes nothing any more, whatever cookie comes with it.
 */
export function createCodecApp(dependencies: CodecDependencies): Express {
  const { identity, operators, logger, codec, uiOrigins } = dependencies;
  const app = express();
  app.disable('x-powered-by');
  // Under helmet's own no-referrer browsers say `Origin: null` of the forms, too (Fetch standard, append a request Origin header).
  app.use(giveRequestId, helmet({ referrerPolicy: { policy: 'same-origin' } }));
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.use(cors(uiOrigins));
  const authenticated = authenticate(identity, operators, (error) =>
    logger.warn({ err: error }, "a key's use could not be noted"),
  );
  app.get('/', (request, response) => {
    const session = sessionOf(dependencies, request);
    response.type('text/html').send(signInPage(session === undefined ? 'out' : 'in'));
  });
  app.post(
    '/sign-in',
    limited(signInsPerMinute),
    sameOriginOnly,
    express.urlencoded({ extended: false, limit: '16kb' }),
    (request, _response, next) => {
      const { secret } = (request.body ?? {}) as { secret?: unknown };
      request.headers.authorization = `Bearer ${typeof secret === 'string' ? secret.trim() : ''}`;
      next();
    },
    authenticated,
    allowed(dependencies, 'ops:read'),
    (request, response) => {
      const session: Session = { authorization: request.headers.authorization ?? '', until: Date.now() + sessionMs };
      const value = seal(JSON.stringify(session), dependencies.sessionKey, bound).toString('base64url');
      response.cookie(cookieName, value, { ...cookieOptions(dependencies), maxAge: sessionMs });
      response.redirect(303, '/');
    },
  );
  app.post('/sign-out', sameOriginOnly, (_request, response) => {
    response.clearCookie(cookieName, cookieOptions(dependencies));
    response.redirect(303, '/');
  });
  for (const [path, scope, work] of [
    ['/decode', 'ops:read', decodePayloads],
    ['/encode', 'ops:write', encodePayloads],
  ] as const)
    app.post(
      path,
      fromCookie(dependencies),
      authenticated,
      allowed(dependencies, scope),
      express.json({ limit: bodyLimit, strict: true }),
      async (request, response) => {
        const payloads = await worked(() => work(codec, request.body));
        const { actor } = callerWith(scope, response);
        logger.info({ actor, namespace: request.get('x-namespace'), payloads: payloads.length }, path.slice(1));
        response.setHeader('Cache-Control', 'no-store');
        response.json({ payloads });
      },
    );
  app.use(() => {
    throw new Problem('not-found', 'there is no such path');
  });
  app.use(signInProblems, problemHandler(logger));
  return app;
}

async function worked<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PayloadSealed || error instanceof TypeError)
      throw new Problem('malformed-request', error.message);
    throw error;
  }
}

const cookieOptions = ({ secure }: CodecDependencies): CookieOptions => ({
  httpOnly: true,
  path: '/',
  ...(secure ? { secure: true, sameSite: 'none' } : { sameSite: 'lax' }),
});

/** Pages of the UI's exact origins may ask with their cookie, and no others (Fetch standard, CORS protocol). */
function cors(uiOrigins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const origin = request.get('origin');
    response.vary('Origin');
    if (origin !== undefined && uiOrigins.includes(origin)) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      response.setHeader('Access-Control-Allow-Credentials', 'true');
      response.setHeader('Access-Control-Allow-Methods', 'POST');
      response.setHeader('Access-Control-Allow-Headers', 'authorization,content-type,x-namespace');
      response.setHeader('Access-Control-Max-Age', '600');
    }
    if (request.method === 'OPTIONS') {
      response.status(204).end();
      return;
    }
    // A page of somebody else gets nothing, also not what its browser would hide from it.
    // By host alone: whether it came by TLS only the proxy in front knows.
    const isOwn = origin === undefined || (URL.canParse(origin) && new URL(origin).host === request.get('host'));
    if (!isOwn && !uiOrigins.includes(origin)) throw new Problem('forbidden', 'this origin may not ask');
    next();
  };
}

/** The forms are the server's own: what comes from another site's page is refused. */
const sameOriginOnly: RequestHandler = (request, _response, next) => {
  const site = request.get('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Problem('forbidden', 'sign in on the page of the codec server itself');
  next();
};

function limited(perMinute: number): RequestHandler {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return async (request, response, next) => {
    try {
      await limiter.consume(request.socket.remoteAddress ?? '');
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      response.setHeader('Retry-After', String(Math.ceil(error.msBeforeNext / 1000)));
      throw new Problem('rate-limited', 'too many sign-ins: wait a minute');
    }
    next();
  };
}

function fromCookie(dependencies: CodecDependencies): RequestHandler {
  return (request, _response, next) => {
    request.headers.authorization ??= sessionOf(dependencies, request)?.authorization;
    next();
  };
}

function sessionOf({ sessionKey }: CodecDependencies, request: Request): Session | undefined {
  const value = new RegExp(`(?:^|;\\s*)${cookieName}=([A-Za-z0-9_-]{20,8000})`).exec(request.get('cookie') ?? '')?.[1];
  if (value === undefined) return undefined;
  try {
    const session = JSON.parse(open(Buffer.from(value, 'base64url'), sessionKey, bound)) as Session;
    return session.until > Date.now() ? session : undefined;
  } catch {
    // Not as it was sealed, or under a key from before.
    return undefined;
  }
}

function allowed({ merchantId }: CodecDependencies, scope: Scope): RequestHandler {
  return (_request, response, next) => {
    const caller = callerWith(scope, response);
    if (caller.merchantId !== merchantId) throw new Problem('forbidden', "only the platform's own operators may read");
    next();
  };
}

/** Whoever signs in on the page sees a page when it fails, and no JSON. */
function signInProblems(error: unknown, request: Request, response: Response, next: (error: unknown) => void): void {
  const isForm = request.path === '/sign-in' && error instanceof Problem;
  if (!isForm || !['unauthenticated', 'forbidden', 'rate-limited'].includes(error.problem)) {
    next(error);
    return;
  }
  response
    .status(error.problem === 'rate-limited' ? 429 : 403)
    .type('text/html')
    .send(signInPage('out', error.detail));
}

/** The key of the cookies, from any secret of 32 bytes. */
export const sessionKeyOf = (secret: Buffer): Buffer =>
  createHash('sha256').update('paysaga codec session').update(secret).digest();
