import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { identifierPattern } from '../domain/identifiers';
import type { OperatorConfig } from '../config';
import { Problem } from './problem';
import { opsScopes, type Scope } from './scopes';

/** Where operators sign in, and how their tokens are read. */
export interface OperatorSettings {
  readonly issuer: string;
  readonly audience: string;
  /** The claim that holds an operator's roles, and the one that holds the merchants they may act for ("*": all). */
  readonly rolesClaim: string;
  readonly merchantsClaim: string;
  /** A token shows a second factor when its `amr` (RFC 8176) holds one of these, or its `acr` is one of those. */
  readonly mfaMethods: readonly string[];
  readonly mfaClasses: readonly string[];
}

/** A person who has signed in. */
export interface Operator {
  readonly subject: string;
  readonly merchantId: string;
  readonly scopes: readonly Scope[];
  readonly hasSecondFactor: boolean;
}

const reads: readonly Scope[] = [
  'payments:read',
  'sellers:read',
  'payouts:read',
  'keys:read',
  'ops:read',
  'reconciliation:read',
  'risk:read',
];
/** What a role may do. A person is no storefront: paying, refunding and paying out are for API keys. */
export const roles: Readonly<Record<string, readonly Scope[]>> = {
  'paysaga-viewer': reads,
  'paysaga-operator': [...new Set([...reads, ...opsScopes])],
};

const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const clockToleranceSeconds = 30;
const patienceMs = 3_000;

/** Reads operators' OpenID Connect tokens: signature, issuer, audience, life (RFC 7519), then roles and second factor. */
export class OperatorTokens {
  private keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(private readonly settings: OperatorSettings) {}

  /**
   * @param wanted the merchant that the operator wants to act for, when the token allows several
   * @throws Problem `unauthenticated` for a token that doesn't hold, `forbidden` for a merchant that isn't theirs
   */
  async read(token: string, wanted: string | undefined): Promise<Operator> {
    const claims = await this.verify(token);
    const { rolesClaim, merchantsClaim, mfaMethods, mfaClasses } = this.settings;
    const given = words(claims[rolesClaim]);
    const merchants = words(claims[merchantsClaim]);
    const merchantId = wanted ?? (merchants.length === 1 && merchants[0] !== '*' ? merchants[0] : undefined);
    if (merchantId === undefined || !identifierPattern.test(merchantId))
      throw new Problem('forbidden', 'name the merchant you act for in the header Paysaga-Merchant');
    if (!merchants.includes('*') && !merchants.includes(merchantId))
      throw new Problem('forbidden', 'you may not act for that merchant');
    return {
      subject: claims.sub ?? '',
      merchantId,
      scopes: [...new Set(given.flatMap((role) => roles[role] ?? []))],
      hasSecondFactor:
        words(claims['amr']).some((method) => mfaMethods.includes(method)) ||
        (typeof claims['acr'] === 'string' && mfaClasses.includes(claims['acr'])),
    };
  }

  private async verify(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.settings;
    try {
      const { payload } = await jwtVerify(token, await this.keySet(), {
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
      if (isTokensFault) throw new Problem('unauthenticated', 'send Authorization: Bearer with a live API key');
      throw new Problem('sign-in-unavailable', 'the keys of the sign-in service could not be read: try again');
    }
  }

  /** Where the issuer's keys are, as it says itself (OpenID Connect Discovery 1.0, section 4). */
  private keySet(): Promise<JWTVerifyGetKey> {
    this.keys ??= this.discover().catch((error: unknown) => {
      this.keys = undefined;
      throw error;
    });
    return this.keys;
  }

  private async discover(): Promise<JWTVerifyGetKey> {
    const { issuer } = this.settings;
    const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(patienceMs),
      redirect: 'error',
    });
    const said = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (said.issuer !== issuer || typeof said.jwks_uri !== 'string')
      throw new Error('the sign-in service does not describe itself as expected');
    return createRemoteJWKSet(new URL(said.jwks_uri), { timeoutDuration: patienceMs });
  }
}

/** How operators sign in, by configuration; nothing where API keys act for them. */
export function operatorTokens(config: OperatorConfig): OperatorTokens | undefined {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience } = config;
  if (issuer === undefined || audience === undefined) return undefined;
  return new OperatorTokens({
    issuer,
    audience,
    rolesClaim: config.OIDC_ROLES_CLAIM,
    merchantsClaim: config.OIDC_MERCHANTS_CLAIM,
    mfaMethods: config.OIDC_MFA_METHODS,
    mfaClasses: config.OIDC_MFA_CLASSES,
  });
}

const words = (claim: unknown): string[] =>
  typeof claim === 'string'
    ? claim.split(' ')
    : Array.isArray(claim)
      ? claim.filter((word): word is string => typeof word === 'string')
      : [];
