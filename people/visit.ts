import express, { type Request, type RequestHandler, type Response } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { isRole, type Role } from '../domain/roles';
import type { Logger } from '../log';
import type { PrismaClient } from '../prisma/database';
import { listPasskeys, recordHappening, type Happening, type LockRules, type PersonRecord } from '../prisma/people';
import { addressHeader, listOf, type Auth } from './auth';
import { html, type Html } from './html';
import type { PeopleMails } from './mails';
import type { PeopleMetrics } from './metrics';
import type { FoundSession, SessionCache } from './session-cache';
import type { Visitor } from './visitor';
import { page, type Looking, type Notice } from './page';

/** What the sign-in service needs. */
export interface PeopleDependencies {
  readonly people: PrismaClient;
  readonly auth: Auth;
  readonly sessions: SessionCache;
  readonly logger: Logger;
  readonly mails: PeopleMails;
  readonly metrics: PeopleMetrics;
  readonly publicUrl: string;
  readonly audience: string;
  /** Who may ask whether a token still holds. */
  readonly client: { readonly id: string; readonly secret: string };
  /** Where the API is. */
  readonly apiUrl: string;
  readonly secret: string;
  /** By what browsers know who sends web pushes (RFC 8292); left out where none are sent. */
  readonly pushKey?: string;
  readonly registration: 'open' | 'closed';
  readonly trustedProxies: readonly string[];
  readonly locks: LockRules;
  /** Of one address, on the pages where something is guessed. */
  readonly triesPerMinute: number;
  /** How old a second factor may be for what moves money, and for what is done to other people. */
  readonly secondFactorSeconds: number;
}

/** A visit that ends with another page, or with a word to the visitor. */
export class Turned extends Error {
  private constructor(
    readonly status: number,
    readonly to: string | undefined,
    message: string,
  ) {
    super(message);
    this.name = 'Turned';
  }
  static to(path: string): Turned {
    return new Turned(303, path, 'elsewhere');
  }
  static away(status: number, message: string): Turned {
    return new Turned(status, undefined, message);
  }
}

/** What the library is told of a request: its cookies, and where it came from by our own knowledge. */
export function headersOf(request: Request): Headers {
  const headers = new Headers({ [addressHeader]: request.ip ?? '' });
  for (const name of ['cookie', 'user-agent'] as const) {
    const value = request.get(name);
    if (value !== undefined) headers.set(name, value);
  }
  return headers;
}

const sessionCookies = /(?:^|;\s*)(?:__Secure-)?paysaga\.session_token=([^;]+)/g;

/** Who has signed in, by the cookie. */
export async function visitorOf(dependencies: PeopleDependencies, request: Request): Promise<Visitor | undefined> {
  const cookies = [...(request.get('cookie') ?? '').matchAll(sessionCookies)].map(([, value = '']) => value);
  if (cookies.length === 0) return undefined;
  // All of them: which of several counts is the library's to say.
  return dependencies.sessions.visitor(cookies.join(';'), () => foundSession(dependencies, request));
}

async function foundSession({ auth }: PeopleDependencies, request: Request): Promise<FoundSession | undefined> {
  const found = await auth.api.getSession({ headers: headersOf(request) });
  if (found === null) return undefined;
  const { id, factor, secondFactorAt, expiresAt } = found.session;
  const { user } = found;
  const person = {
    id: user.id,
    name: user.name,
    email: user.email,
    roles: user.roles ?? '',
    merchants: user.merchants ?? '',
    sellers: user.sellers ?? '',
    twoFactorEnabled: user.twoFactorEnabled ?? false,
  };
  const visitor = {
    sessionId: id,
    factor: factor ?? null,
    secondFactorAt: secondFactorAt ?? null,
    person,
    roles: listOf(person.roles).filter(isRole),
    sellers: listOf(person.sellers),
  };
  return { visitor, expiresAt };
}

/** The visitor. @throws Turned to the page where one signs in */
export async function mustVisit(dependencies: PeopleDependencies, request: Request): Promise<Visitor> {
  const visitor = await visitorOf(dependencies, request);
  if (visitor === undefined) throw Turned.to(`/sign-in?to=${encodeURIComponent(wayBack(request))}`);
  return visitor;
}

/** The visitor, who has one of the roles. @throws Turned */
export async function mustBe(
  dependencies: PeopleDependencies,
  request: Request,
  ...roles: readonly Role[]
): Promise<Visitor> {
  const visitor = await mustVisit(dependencies, request);
  if (!visitor.roles.some((role) => roles.includes(role)))
    throw Turned.away(403, `This is for people with the role ${roles.join(' or ')}.`);
  return visitor;
}

/** Has shown a second factor lately. @throws Turned to the page where it is shown */
export function mustBeSure({ secondFactorSeconds }: PeopleDependencies, visitor: Visitor, to: string): void {
  const { secondFactorAt } = visitor;
  const age = secondFactorAt === null ? Infinity : (Date.now() - secondFactorAt.getTime()) / 1_000;
  if (age > secondFactorSeconds) throw Turned.to(`/second-factor?to=${encodeURIComponent(to)}`);
}

/** Whether somebody has one, by which they can be asked to show it. */
export async function hasSecondFactor(
  { people }: PeopleDependencies,
  { id, twoFactorEnabled }: Pick<PersonRecord, 'id' | 'twoFactorEnabled'>,
): Promise<boolean> {
  return twoFactorEnabled || (await listPasskeys(people, id)).length > 0;
}

const wayBack = (request: Request): string => (request.method === 'GET' ? request.originalUrl : '/');

/** A page of our own to go on to; nothing else is gone to (open redirects). */
export function destination(value: unknown): string {
  return typeof value === 'string' && /^\/(?![/\\])[A-Za-z0-9/_.?=&%-]*$/.test(value) ? value : '/';
}

/** A field of a posted form, as text. */
export function said(request: Request, name: string): string {
  const value = ((request.body ?? {}) as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : '';
}

/** All values of a field that may come several times. */
export function saidAll(request: Request, name: string): string[] {
  const value = ((request.body ?? {}) as Record<string, unknown>)[name];
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
}

export function asked(request: Request, name: string): string {
  const value = request.query[name];
  return typeof value === 'string' ? value : '';
}

/** Writes down what was done, once it is done; what is remembered of whom it is about holds no more then. */
export async function note(
  { people, metrics, sessions }: PeopleDependencies,
  request: Request,
  happening: Omit<Happening, 'remoteAddress' | 'userAgent'>,
): Promise<void> {
  metrics.happened(happening.kind);
  const { personId } = happening;
  if (personId !== undefined && personId !== null) await sessions.forget(personId);
  await recordHappening(people, {
    ...happening,
    remoteAddress: request.ip ?? null,
    userAgent: request.get('user-agent') ?? null,
  });
}

/** Hands on the cookies that the library has set. */
export function takeCookies(from: globalThis.Response, response: Response): void {
  for (const cookie of from.headers.getSetCookie()) response.append('Set-Cookie', cookie);
}

/** What the library says of a refusal. */
export async function refusalOf(from: globalThis.Response): Promise<string> {
  const body = (await from
    .clone()
    .json()
    .catch(() => ({}))) as { code?: string };
  return body.code ?? '';
}

const lookingOf = (visitor: Visitor | undefined): Looking | undefined =>
  visitor && { email: visitor.person.email, roles: visitor.roles, isSeller: visitor.sellers.length > 0 };

/** Answers with a page. */
export function show(
  response: Response,
  title: string,
  content: Html,
  {
    status = 200,
    visitor,
    notice,
  }: { status?: number; visitor?: Visitor | undefined; notice?: Notice | undefined } = {},
): void {
  response
    .status(status)
    .type('html')
    .send(page(title, content, lookingOf(visitor), notice));
}

export const problem = (text: string): Notice => ({ kind: 'problem', text });
export const done = (text: string): Notice => ({ kind: 'done', text });

/** Forms are small. */
export const readForm = express.urlencoded({ extended: false, limit: '16kb', parameterLimit: 50 });

/** What somebody might guess is tried so often a minute from one address. */
export function limited(perMinute: number): RequestHandler {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return async (request, response, next) => {
    try {
      await limiter.consume(request.ip ?? '');
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      response.setHeader('Retry-After', String(Math.ceil(error.msBeforeNext / 1_000)));
      throw Turned.away(429, 'Too many tries from your address: wait a minute.');
    }
    next();
  };
}

/** Where a visit that was turned ends. */
export function turned(error: unknown, _request: Request, response: Response, next: (error: unknown) => void): void {
  if (!(error instanceof Turned)) {
    next(error);
    return;
  }
  if (error.to !== undefined) response.redirect(error.status, error.to);
  else
    show(response, 'That did not work', html`<p><a href="/">Go on</a></p>`, {
      status: error.status,
      notice: problem(error.message),
    });
}
