import { createHash, createHmac } from 'node:crypto';
import type { PrismaClient } from './database';

/** What can happen about signing in. */
export const happeningKinds = [
  'registered',
  'invited',
  'address_confirmed',
  'signed_in',
  'sign_in_failed',
  'second_factor_failed',
  'second_factor_shown',
  'locked',
  'unlocked',
  'signed_out',
  'sessions_ended',
  'authenticator_set',
  'authenticator_removed',
  'recovery_codes_made',
  'passkey_added',
  'passkey_removed',
  'password_changed',
  'password_reset_asked',
  'password_reset',
  'roles_changed',
  'payout_account_said',
  'alarms_changed',
  'suspended',
  'reinstated',
] as const;
export type HappeningKind = (typeof happeningKinds)[number];

/** Something that a person has done about signing in, or that was done to them. */
export interface Happening {
  readonly kind: HappeningKind;
  /** Whom it is about; nothing where there is nobody of the address that was tried. */
  readonly personId?: string | null;
  /** Who has done it, where that is somebody else. */
  readonly byPersonId?: string;
  readonly remoteAddress: string | null;
  readonly userAgent: string | null;
  readonly factor?: string | null;
  readonly details?: Readonly<Record<string, string>>;
}

const longestUserAgent = 300;

/** Writes it down, for good. */
export async function recordHappening(people: PrismaClient, happening: Happening): Promise<void> {
  const { kind, personId, byPersonId, remoteAddress, userAgent, factor, details } = happening;
  await people.happening.create({
    data: {
      kind,
      personId: personId ?? null,
      byPersonId: byPersonId ?? null,
      remoteAddress,
      userAgent: userAgent?.slice(0, longestUserAgent) ?? null,
      factor: factor ?? null,
      details: { ...details },
    },
  });
}

/** Which happenings are looked for. */
export interface HappeningFilter {
  readonly personId?: string;
  readonly kind?: HappeningKind;
  readonly before?: bigint;
}

/** The newest first, with the addresses of whom it is about and of who has done it, where they are still there. */
export async function listHappenings(people: PrismaClient, filter: HappeningFilter, limit: number) {
  const found = await people.happening.findMany({
    where: {
      ...(filter.personId !== undefined && { personId: filter.personId }),
      ...(filter.kind !== undefined && { kind: filter.kind }),
      ...(filter.before !== undefined && { happeningId: { lt: filter.before } }),
    },
    orderBy: { happeningId: 'desc' },
    take: limit,
  });
  const ids = found.flatMap(({ personId, byPersonId }) => [personId, byPersonId].filter((id) => id !== null));
  const named = await people.person.findMany({ where: { id: { in: ids } }, select: { id: true, email: true } });
  const emails = new Map(named.map(({ id, email }) => [id, email]));
  return found.map((row) => ({
    ...row,
    email: emails.get(row.personId ?? '') ?? row.personId,
    byEmail: emails.get(row.byPersonId ?? '') ?? row.byPersonId,
  }));
}

/** After how many failures in how long nothing more is tried, and for how long. */
export interface LockRules {
  readonly most: number;
  readonly withinSeconds: number;
  readonly lockedSeconds: number;
}

/** What tries are counted by: nobody can read addresses out of it. */
export const trySubject = (secret: string, what: 'password' | 'code', whose: string): Buffer =>
  createHmac('sha256', secret).update(`${what}\0${whose.toLowerCase()}`).digest();

/**
 * Counts a try before it is looked at.
 *
 * @returns until when nothing is tried any more; nothing: go on
 */
export async function beginTry(
  people: PrismaClient,
  subject: Uint8Array,
  { most, withinSeconds, lockedSeconds }: LockRules,
): Promise<Date | undefined> {
  const [row] = await people.$queryRaw<{ until: Date | null }[]>`
    SELECT people.begin_try(${subject}, ${most}::integer, ${withinSeconds}::integer, ${lockedSeconds}::integer) AS until`;
  return row?.until ?? undefined;
}

/** Whether the last try that was counted has locked it. */
export async function isLockedNow(people: PrismaClient, subject: Uint8Array): Promise<boolean> {
  const found = await people.failedTry.findFirst({ where: { subject: Uint8Array.from(subject) } });
  return found !== null && found.lockedUntil !== null && found.lockedUntil > new Date();
}

/** A try has succeeded, or somebody with the right to has unlocked it. */
export async function forgetTries(people: PrismaClient, subject: Uint8Array): Promise<void> {
  await people.failedTry.deleteMany({ where: { subject: Uint8Array.from(subject) } });
}

/** Takes away the lock on a person's codes. */
export async function unlockCodes(people: PrismaClient, personId: string): Promise<void> {
  await people.secondFactor.updateMany({
    where: { userId: personId },
    data: { failedVerificationCount: 0, lockedUntil: null },
  });
}

/** Authenticators' codes are good for so long, with the steps beside it. */
const codeLastsMs = 5 * 60_000;

/** Takes a code of an authenticator, once: false when it has been taken before (RFC 6238, 5.2). */
export async function takeCode(people: PrismaClient, personId: string, code: string): Promise<boolean> {
  const codeHash = createHash('sha256').update(code).digest();
  await people.usedCode.deleteMany({ where: { usedAt: { lt: new Date(Date.now() - codeLastsMs) } } });
  const taken = await people.$executeRaw`
    INSERT INTO people.used_code (person_id, code_hash) VALUES (${personId}, ${codeHash}) ON CONFLICT DO NOTHING`;
  return taken === 1;
}

/** Writes down that a session has shown a second factor just now. */
export async function showSecondFactor(
  people: PrismaClient,
  sessionId: string,
  factor: 'otp' | 'passkey',
): Promise<void> {
  await people.signInSession.updateMany({
    where: { id: sessionId },
    data: { factor, secondFactorAt: new Date() },
  });
}

export async function findPerson(people: PrismaClient, where: { readonly id: string } | { readonly email: string }) {
  return people.person.findFirst({ where: 'id' in where ? where : { email: where.email.toLowerCase() } });
}
export type PersonRecord = NonNullable<Awaited<ReturnType<typeof findPerson>>>;

/** In the order of their addresses. */
export async function listPeople(people: PrismaClient, limit: number, after: string | null): Promise<PersonRecord[]> {
  return people.person.findMany({
    where: { ...(after !== null && { email: { gt: after } }) },
    orderBy: { email: 'asc' },
    take: limit,
  });
}

export async function countPeople(people: PrismaClient): Promise<number> {
  return people.person.count();
}

/** What an administrator says of a person. Their sessions end, so that no token says what is no longer so. */
export async function changePerson(
  people: PrismaClient,
  personId: string,
  change: {
    readonly roles?: readonly string[];
    readonly merchants?: readonly string[];
    /** Each as `merchant/seller`. */
    readonly sellers?: readonly string[];
    readonly emailVerified?: true;
    /** Null reinstates. */
    readonly suspendedWhy?: string | null;
  },
): Promise<void> {
  const { roles, merchants, sellers, emailVerified, suspendedWhy } = change;
  await people.$transaction([
    people.person.updateMany({
      where: { id: personId },
      data: {
        ...(roles !== undefined && { roles: roles.join(',') }),
        ...(merchants !== undefined && { merchants: merchants.join(',') }),
        ...(sellers !== undefined && { sellers: sellers.join(',') }),
        ...(emailVerified !== undefined && { emailVerified }),
        ...(suspendedWhy !== undefined && {
          suspendedWhy,
          suspendedAt: suspendedWhy === null ? null : new Date(),
        }),
        updatedAt: new Date(),
      },
    }),
    people.signInSession.deleteMany({ where: { userId: personId } }),
  ]);
}

/** Whether a session is there, has not run out, and its person is not suspended. */
export async function isSessionLive(people: PrismaClient, sessionId: string): Promise<boolean> {
  const session = await people.signInSession.findFirst({ where: { id: sessionId, expiresAt: { gt: new Date() } } });
  if (session === null) return false;
  const person = await findPerson(people, { id: session.userId });
  return person !== null && person.suspendedAt === null;
}

/** A person's sessions that have not run out, the newest first. */
export async function listSessions(people: PrismaClient, personId: string) {
  return people.signInSession.findMany({
    where: { userId: personId, expiresAt: { gt: new Date() } },
    orderBy: { createdAt: 'desc' },
  });
}

/** Ends one session of a person, or all but one. */
export async function endSessions(
  people: PrismaClient,
  personId: string,
  which: { readonly id: string } | { readonly token: string } | { readonly allBut: string },
): Promise<void> {
  await people.signInSession.deleteMany({
    where: { userId: personId, ...('allBut' in which ? { id: { not: which.allBut } } : which) },
  });
}

export async function listPasskeys(people: PrismaClient, personId: string) {
  return people.passkey.findMany({ where: { userId: personId }, orderBy: { createdAt: 'asc' } });
}

/** Takes a passkey of a person away. Answers false when there is none of that id. */
export async function removePasskey(people: PrismaClient, personId: string, passkeyId: string): Promise<boolean> {
  const { count } = await people.passkey.deleteMany({ where: { userId: personId, id: passkeyId } });
  return count > 0;
}

/** Takes away what has run out: sessions, links, locks. What people have done stays. */
export async function forgetExpiredSignIns(people: PrismaClient): Promise<void> {
  const now = new Date();
  await people.signInSession.deleteMany({ where: { expiresAt: { lt: now } } });
  await people.signInVerification.deleteMany({ where: { expiresAt: { lt: now } } });
  const yesterday = new Date(now.getTime() - 24 * 3_600_000);
  await people.failedTry.deleteMany({
    where: { since: { lt: yesterday }, OR: [{ lockedUntil: null }, { lockedUntil: { lt: now } }] },
  });
}

/** Takes a person's authenticator and passkeys away, and ends their sessions: for who has lost them. The next sign-in sets new ones. */
export async function removeSecondFactors(people: PrismaClient, personId: string): Promise<void> {
  await people.$transaction([
    people.secondFactor.deleteMany({ where: { userId: personId } }),
    people.passkey.deleteMany({ where: { userId: personId } }),
    people.person.updateMany({ where: { id: personId }, data: { twoFactorEnabled: false } }),
    people.signInSession.deleteMany({ where: { userId: personId } }),
  ]);
}
