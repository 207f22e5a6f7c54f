import { passkey } from '@better-auth/passkey';
import { betterAuth } from 'better-auth';
import { prismaAdapter } from 'better-auth/adapters/prisma';
import { APIError } from 'better-auth/api';
import { jwt, twoFactor } from 'better-auth/plugins';
import { claimOfRole, isRole } from '../domain/roles';
import type { Logger } from '../log';
import type { PrismaClient } from '../prisma/database';
import { findPerson, type LockRules } from '../prisma/people';
import type { PeopleMails } from './mails';

/** What the sign-in library is built on. */
export interface AuthSettings {
  readonly database: PrismaClient;
  /** Where browsers reach the service; the issuer of its tokens. */
  readonly publicUrl: string;
  readonly audience: string;
  readonly secret: string;
  /** Those that have taken its place, the newest first. */
  readonly secrets: readonly { readonly version: number; readonly value: string }[];
  readonly locks: LockRules;
  readonly mails: PeopleMails;
  readonly logger: Logger;
}

/** The header in which the service says where a request came from: whatever a client has put there is replaced. */
export const addressHeader = 'x-paysaga-client-address';

export const passwordLength = { least: 12, most: 128 } as const;
const sessionSeconds = 8 * 3_600;
const tokenLife = '5m';
const linkSeconds = 3_600;
const day = 24 * 3_600;
/** Why a token was refused at the end of a sign-in with a passkey: the device has not asked who holds it. */
export const passkeyNeedsPerson = 'the passkey must ask for your fingerprint, face or PIN';

/** Which second factor a session begins with, by the call that begins it. */
const factorOfPath: Readonly<Record<string, string>> = {
  '/two-factor/verify-totp': 'otp',
  '/two-factor/verify-backup-code': 'recovery_code',
  '/passkey/verify-authentication': 'passkey',
};

/** RFC 8176. A passkey that has asked who holds it is two factors by itself. */
const methodsOfFactor: Readonly<Record<string, readonly string[]>> = {
  otp: ['pwd', 'otp', 'mfa'],
  recovery_code: ['pwd', 'mfa'],
  passkey: ['hwk', 'user', 'mfa'],
};

/** Words with commas between, as roles and merchants are kept. */
export const listOf = (text: string): string[] => text.split(',').filter((word) => word !== '');

/**
 * Passwords (scrypt), authenticators, recovery codes, passkeys, sessions and signing keys are better-auth's. None of its own calls is
 * reachable from outside but those of passkeys, which a browser's script has to make: pages call the rest, after our own checks.
 */
export function createAuth({ database, publicUrl, audience, secret, secrets, locks, mails, logger }: AuthSettings) {
  return betterAuth({
    appName: 'Paysaga',
    baseURL: publicUrl,
    basePath: '/auth',
    secret,
    ...(secrets.length > 0 && { secrets: [...secrets] }),
    telemetry: { enabled: false },
    database: prismaAdapter(database, { provider: 'postgresql' }),
    logger: {
      level: 'warn',
      log: (level, message, ...more) =>
        logger[level === 'error' ? 'error' : 'debug']({ library: 'better-auth', err: more[0] }, message),
    },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: passwordLength.least,
      maxPasswordLength: passwordLength.most,
      // Whoever registers gets the same answer, whether or not there is somebody of that address.
      requireEmailVerification: true,
      autoSignIn: false,
      resetPasswordTokenExpiresIn: linkSeconds,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: ({ user, token }) => mails.reset(user, link('/reset', token)),
      onExistingUserSignUp: ({ user }) => mails.alreadyRegistered(user, `${publicUrl}/sign-in`),
    },
    emailVerification: {
      expiresIn: day,
      sendOnSignUp: true,
      sendOnSignIn: true,
      autoSignInAfterVerification: false,
      sendVerificationEmail: ({ user, token }) => mails.verify(user, link('/verify', token)),
    },
    user: {
      modelName: 'person',
      additionalFields: {
        roles: { type: 'string', required: false, input: false, defaultValue: '' },
        merchants: { type: 'string', required: false, input: false, defaultValue: '' },
        sellers: { type: 'string', required: false, input: false, defaultValue: '' },
        suspendedAt: { type: 'date', required: false, input: false },
        suspendedWhy: { type: 'string', required: false, input: false },
      },
    },
    session: {
      modelName: 'signInSession',
      expiresIn: sessionSeconds,
      // A session ends when its time is over, however much it is used.
      disableSessionRefresh: true,
      freshAge: sessionSeconds,
      additionalFields: {
        factor: { type: 'string', required: false, input: false },
        secondFactorAt: { type: 'date', required: false, input: false },
      },
    },
    account: { modelName: 'signInAccount' },
    verification: { modelName: 'signInVerification', storeIdentifier: 'hashed' },
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: 'paysaga',
      useSecureCookies: publicUrl.startsWith('https:'),
      defaultCookieAttributes: { sameSite: 'lax', httpOnly: true, path: '/' },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      // How long a mail takes must not tell whether there is somebody of an address.
      backgroundTasks: { handler: (work) => void work },
    },
    databaseHooks: {
      session: {
        create: {
          before: async (session, context) => {
            const person = await findPerson(database, { id: session.userId });
            if (person !== null && person.suspendedAt !== null) throw new APIError('FORBIDDEN', { code: 'SUSPENDED' });
            const factor = factorOfPath[context?.path ?? ''];
            if (factor === undefined) return { data: { ...session, factor: null, secondFactorAt: null } };
            return { data: { ...session, factor, secondFactorAt: new Date() } };
          },
        },
      },
    },
    plugins: [
      twoFactor({
        issuer: 'Paysaga',
        twoFactorCookieMaxAge: 600,
        accountLockout: { enabled: true, maxFailedAttempts: locks.most, durationSeconds: locks.lockedSeconds },
        schema: { twoFactor: { modelName: 'secondFactor' } },
      }),
      passkey({
        rpName: 'Paysaga',
        rpID: new URL(publicUrl).hostname,
        origin: new URL(publicUrl).origin,
        schema: { passkey: { modelName: 'passkey' } },
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        registration: {
          afterVerification: ({ verification }) => {
            if (verification.registrationInfo?.userVerified !== true) throw unverified();
          },
        },
        authentication: {
          afterVerification: ({ verification }) => {
            if (!verification.authenticationInfo.userVerified) throw unverified();
          },
        },
      }),
      jwt({
        disableSettingJwtHeader: true,
        schema: { jwks: { modelName: 'signingKey' } },
        jwks: { keyPairConfig: { alg: 'ES256' }, rotationInterval: 90 * day, gracePeriod: day },
        jwt: {
          issuer: publicUrl,
          audience,
          expirationTime: tokenLife,
          definePayload: ({ user, session }) => {
            const { factor, secondFactorAt, createdAt, id } = session as typeof session & SecondFactorShown;
            const sellers = listOf(String(user['sellers'] ?? ''));
            return {
              sid: id,
              name: user.name,
              email: user.email,
              email_verified: user.emailVerified,
              roles: [
                ...listOf(String(user['roles'] ?? ''))
                  .filter(isRole)
                  .map(claimOfRole),
                ...(sellers.length > 0 ? [claimOfRole('seller')] : []),
              ],
              paysaga_merchants: listOf(String(user['merchants'] ?? '')),
              paysaga_sellers: sellers,
              amr: methodsOfFactor[factor ?? ''] ?? ['pwd'],
              auth_time: Math.floor((secondFactorAt ?? createdAt).getTime() / 1_000),
            };
          },
        },
      }),
    ],
  });

  function link(path: string, token: string): string {
    return `${publicUrl}${path}?token=${encodeURIComponent(token)}`;
  }
}

interface SecondFactorShown {
  readonly factor?: string | null;
  readonly secondFactorAt?: Date | null;
}

const unverified = (): APIError => new APIError('UNAUTHORIZED', { message: passkeyNeedsPerson });

export type Auth = ReturnType<typeof createAuth>;
