import { createHash } from 'node:crypto';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import { identifierPattern } from '../domain/identifiers';
import { claimOfRole, sellerSeat, type Role } from '../domain/roles';
import type { OperatorConfig } from '../config';
import { Problem } from './problem';
import { sellerScopes, type Scope } from './scopes';

/** Where operators sign in, and how their tokens are read. */
export interface OperatorSettings {
  readonly issuer: string;
  readonly audience: string;
  /** The claim that holds an operator's roles, and the one that holds the merchants they may act for ("*": all). */
  readonly rolesClaim: string;
  readonly merchantsClaim: string;
  /** The claim that holds which sellers a person is, each as `merchant/seller`. */
  readonly sellersClaim: string;
  /** A token shows a second factor when its `amr` (RFC 8176) holds one of these, or its `acr` is one of those. */
  readonly mfaMethods: readonly string[];
  readonly mfaClasses: readonly string[];
  /** By `auth_time` (OpenID Connect Core 1.0, section 2): an older one counts as none for what changes something. */
  readonly mfaMaxAgeSeconds: number;
  /** By what the issuer is asked whether a token still holds (RFC 7662); without it a token holds for as long as it says. */
  readonly client?: { readonly id: string; readonly secret: string };
}

/** What a person has shown besides a password. */
export type SecondFactor = 'none' | 'too_old' | 'recent';

/** A person who has signed in. */
export interface Operator {
  readonly subject: string;
  readonly merchantId: string;
  readonly scopes: readonly Scope[];
  /** The sellers of that merchant that the person is. */
  readonly sellers: readonly string[];
  readonly secondFactor: SecondFactor;
}

/** Somebody whose e-mail address the issuer has confirmed. */
export interface Buyer {
  readonly subject: string;
  /** In lower case. */
  readonly email: string;
}

const reads: readonly Scope[] = [
  'payments:read',
  'sellers:read',
  'payouts:read',
  'keys:read',
  'events:read',
  'webhooks:read',
  'notifications:read',
  'ops:read',
  'reconciliation:read',
  'risk:read',
];
/** What a role may do. A person is no storefront: paying, refunding and asking for payouts are for API keys. */
export const scopesOfRole: Readonly<Record<Role, readonly Scope[]>> = {
  admin: [...reads, 'keys:write', 'webhooks:write', 'notifications:write'],
  ops: [...reads, 'ops:write', 'finance:write', 'reconciliation:write', 'risk:write'],
  finance: [...reads, 'finance:write', 'reconciliation:write'],
  risk: [...reads, 'risk:write'],
  support: reads,
};
const scopesOfClaim = new Map<string, readonly Scope[]>([
  ...Object.entries(scopesOfRole).map(([role, scopes]) => [claimOfRole(role as Role), scopes] as const),
  // As they were called before there were more.
  ['paysaga-operator', scopesOfRole.ops],
  ['paysaga-viewer', scopesOfRole.support],
]);

const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const clockToleranceSeconds = 30;
const patienceMs = 3_000;
/** What has been taken back works on for at most this long, as API keys do. */
const rememberedMs = 2_000;

interface Discovered {
  readonly keys: JWTVerifyGetKey;
  readonly introspectionUrl: string | undefined;
}

/** Reads operators' OpenID Connect tokens: signature, issuer, audience, life (RFC 7519), then roles and second factor. */
export class OperatorTokens {
  private discovered: Promise<Discovered> | undefined;
  private readonly known = new LRUCache<string, JWTPayload>({ max: 10_000, ttl: rememberedMs });

  constructor(private readonly settings: OperatorSettings) {}

  /**
   * @param wanted the merchant that the operator wants to act for, when the token allows several
   * @throws Problem `unauthenticated` for a token that doesn't hold, `forbidden` for a merchant that isn't theirs
   */
  async read(token: string, wanted: string | undefined): Promise<Operator> {
    const claims = await this.verify(token);
    const { rolesClaim, merchantsClaim, sellersClaim } = this.settings;
    const given = words(claims[rolesClaim]);
    const merchants = words(claims[merchantsClaim]);
    const seats = given.includes(claimOfRole('seller'))
      ? words(claims[sellersClaim]).flatMap((text) => sellerSeat(text) ?? [])
      : [];
    const theirs = [...new Set([...merchants, ...seats.map((seat) => seat.merchantId)])];
    const merchantId = wanted ?? (theirs.length === 1 && theirs[0] !== '*' ? theirs[0] : undefined);
    if (merchantId === undefined || !identifierPattern.test(merchantId))
      throw new Problem('forbidden', 'name the merchant you act for in the header Paysaga-Merchant');
    const isAmongItsPeople = merchants.includes('*') || merchants.includes(merchantId);
    const sellers = seats.filter((seat) => seat.merchantId === merchantId).map(({ sellerId }) => sellerId);
    if (!isAmongItsPeople && sellers.length === 0) throw new Problem('forbidden', 'you may not act for that merchant');
    return {
      subject: claims.sub ?? '',
      merchantId,
      // Roles are for the merchants that they were given for: a merchant's seller is none of its people.
      scopes: [
        ...new Set(isAmongItsPeople ? given.flatMap((role) => scopesOfClaim.get(role) ?? []) : []),
        ...(sellers.length > 0 ? sellerScopes : []),
      ],
      sellers,
      secondFactor: this.secondFactorOf(claims),
    };
  }

  /**
   * Whose payments somebody may see: those under an address that the issuer says is confirmed.
   *
   * @throws Problem `unauthenticated` for a token that doesn't hold, `forbidden` for one without a confirmed address
   */
  async readBuyer(token: string): Promise<Buyer> {
    const { sub = '', email, email_verified: isConfirmed } = await this.verify(token);
    if (typeof email !== 'string' || email === '' || isConfirmed !== true)
      throw new Problem('forbidden', 'the token names no e-mail address that was confirmed');
    return { subject: sub, email: email.toLowerCase() };
  }

  private secondFactorOf(claims: JWTPayload): SecondFactor {
    const { mfaMethods, mfaClasses, mfaMaxAgeSeconds } = this.settings;
    const { acr, auth_time: shownAt } = claims;
    const isShown =
      words(claims['amr']).some((method) => mfaMethods.includes(method)) ||
      (typeof acr === 'string' && mfaClasses.includes(acr));
    if (!isShown) return 'none';
    // Who doesn't say when it was has not shown that it was lately.
    const age = typeof shownAt === 'number' ? Date.now() / 1000 - shownAt : Infinity;
    return age <= mfaMaxAgeSeconds + clockToleranceSeconds ? 'recent' : 'too_old';
  }

  /** What a token says, once it is proven: for a moment it isn't asked again whether it has been taken back. */
  private async verify(token: string): Promise<JWTPayload> {
    const claims = await this.signedBy(token);
    if (this.settings.client === undefined) return claims;
    const name = createHash('sha256').update(token).digest('base64');
    if (this.known.has(name)) return claims;
    let isActive;
    try {
      isActive = await this.introspect(token, this.settings.client);
    } catch {
      throw new Problem('sign-in-unavailable', 'the sign-in service could not be asked: try again');
    }
    if (!isActive) throw new Problem('unauthenticated', notHeld);
    this.known.set(name, claims);
    return claims;
  }

  /** RFC 7662, section 2. */
  private async introspect(token: string, { id, secret }: { id: string; secret: string }): Promise<boolean> {
    const { introspectionUrl } = await this.discover();
    if (introspectionUrl === undefined) throw new Error('the issuer says nothing of an introspection_endpoint');
    const response = await fetch(introspectionUrl, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ token }),
      signal: AbortSignal.timeout(patienceMs),
      redirect: 'error',
    });
    if (!response.ok) throw new Error(`the issuer answers ${String(response.status)}`);
    return ((await response.json()) as { active?: unknown }).active === true;
  }

  private async signedBy(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.settings;
    try {
      const { keys } = await this.discover();
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['sub', 'exp'],
      });
      return payload;
    } catch (error) {
      const isTokensFault =
        error instanceof errors.JOSEError &&
        !(error instanceof errors.JWKSTimeout) &&
        error.code !== 'ERR_JOSE_GENERIC';
      if (isTokensFault) throw new Problem('unauthenticated', notHeld);
      throw new Problem('sign-in-unavailable', 'the keys of the sign-in service could not be read: try again');
    }
  }

  /** Where the issuer's keys are, as it says itself (OpenID Connect Discovery 1.0, section 4). */
  private discover(): Promise<Discovered> {
    this.discovered ??= this.discoverAnew().catch((error: unknown) => {
      this.discovered = undefined;
      throw error;
    });
    return this.discovered;
  }

  private async discoverAnew(): Promise<Discovered> {
    const { issuer } = this.settings;
    const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(patienceMs),
      redirect: 'error',
    });
    const said = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown; introspection_endpoint?: unknown };
    if (said.issuer !== issuer || typeof said.jwks_uri !== 'string')
      throw new Error('the sign-in service does not describe itself as expected');
    return {
      keys: createRemoteJWKSet(new URL(said.jwks_uri), { timeoutDuration: patienceMs }),
      introspectionUrl: typeof said.introspection_endpoint === 'string' ? said.introspection_endpoint : undefined,
    };
  }
}

/** The same as for a key that isn't there. */
const notHeld = 'send Authorization: Bearer with a live API key';

/** How operators sign in, by configuration; nothing where API keys act for them. */
export function operatorTokens(config: OperatorConfig): OperatorTokens | undefined {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience } = config;
  if (issuer === undefined || audience === undefined) return undefined;
  return new OperatorTokens({
    issuer,
    audience,
    rolesClaim: config.OIDC_ROLES_CLAIM,
    merchantsClaim: config.OIDC_MERCHANTS_CLAIM,
    sellersClaim: config.OIDC_SELLERS_CLAIM,
    mfaMethods: config.OIDC_MFA_METHODS,
    mfaClasses: config.OIDC_MFA_CLASSES,
    mfaMaxAgeSeconds: config.OIDC_MFA_MAX_AGE_SECONDS,
    ...(config.OIDC_CLIENT_SECRET !== undefined && {
      client: { id: config.OIDC_CLIENT_ID, secret: config.OIDC_CLIENT_SECRET },
    }),
  });
}

const words = (claim: unknown): string[] =>
  typeof claim === 'string'
    ? claim.split(' ')
    : Array.isArray(claim)
      ? claim.filter((word): word is string => typeof word === 'string')
      : [];
