import type { RequestHandler, Response } from 'express';
import { LRUCache } from 'lru-cache';
import pg from 'pg';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { limitKeyOf } from './authentication';
import { Problem } from './problem';

/** What one API key may ask of one group of routes, and what may be tried on one buyer or checkout, in all processes together. */
export interface Limits {
  readonly readsPerMinute: number;
  readonly writesPerMinute: number;
  /** New checkouts of one buyer of a merchant: a thief who tries cards needs many (X3). */
  readonly checkoutsPerBuyerPer10Minutes: number;
  /** The same of one IP address of buyers, where the storefront says it; an IPv6 address counts as its /64. */
  readonly checkoutsPerAddressPer10Minutes: number;
  /** Cards tried on one checkout. */
  readonly cardsPerCheckoutPerHour: number;
}

interface Policy {
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
}

/** Points taken from the shared count ahead of their use, by this process alone. */
interface Lease {
  points: number;
  readonly gaveAny: boolean;
  /** What the shared count had left when it was taken. */
  readonly remaining: number;
  readonly until: number;
}

/** A process takes one point in so many at once, so that a busy key costs the database one row change for a hundred requests. */
const leasedShare = 100;

/**
 * Limits that all API processes share: counted in Postgres by rate-limiter-flexible. While the database is away each process
 * counts for itself, so that a limit never fails a request that would otherwise be answered.
 */
export class RateLimits {
  private readonly pool: pg.Pool;
  private readonly limiters = new Map<string, RateLimiterPostgres>();
  private readonly leases = new LRUCache<string, Promise<Lease>>({ max: 10_000 });

  constructor(
    identityUrl: string,
    private readonly limits: Limits,
    onError: (error: Error) => void,
  ) {
    this.pool = new pg.Pool({ connectionString: identityUrl, max: 3, connectionTimeoutMillis: 1_000, keepAlive: true });
    this.pool.on('error', onError);
  }

  /** Counts a request against its key and group of routes. */
  readonly perKey: RequestHandler = async (request, response, next) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const policy = isRead
      ? { name: 'reads', points: this.limits.readsPerMinute, seconds: 60 }
      : { name: 'writes', points: this.limits.writesPerMinute, seconds: 60 };
    const group = request.path.split('/')[1] ?? '';
    await this.take(policy, `${limitKeyOf(response)}:${group}`, response);
    next();
  };

  /** Counts a new checkout against its buyer. */
  perBuyer(merchantId: string, buyerId: string, response: Response): Promise<void> {
    const policy = { name: 'buyer', points: this.limits.checkoutsPerBuyerPer10Minutes, seconds: 600 };
    return this.take(policy, `${merchantId}:${buyerId}`, response);
  }

  /** Counts a new checkout against the address of its buyer, which is known by its fingerprint only. */
  perAddress(fingerprint: string, response: Response): Promise<void> {
    const policy = { name: 'address', points: this.limits.checkoutsPerAddressPer10Minutes, seconds: 600 };
    return this.take(policy, fingerprint, response);
  }

  /** Counts another card against its checkout. */
  perCheckout(merchantId: string, checkoutId: string, response: Response): Promise<void> {
    const policy = { name: 'cards', points: this.limits.cardsPerCheckoutPerHour, seconds: 3_600 };
    return this.take(policy, `${merchantId}:${checkoutId}`, response);
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  /** @throws Problem with `Retry-After` when there is nothing left */
  private async take(policy: Policy, key: string, response: Response): Promise<void> {
    const { lease, has } = await this.point(policy, key);
    const seconds = Math.max(1, Math.ceil((lease.until - Date.now()) / 1_000));
    // draft-ietf-httpapi-ratelimit-headers-11
    response.setHeader('RateLimit-Policy', `"${policy.name}";q=${String(policy.points)};w=${String(policy.seconds)}`);
    response.setHeader(
      'RateLimit',
      `"${policy.name}";r=${String(lease.remaining + lease.points)};t=${String(seconds)}`,
    );
    if (has) return;
    response.setHeader('Retry-After', String(seconds));
    throw new Problem(
      'rate-limited',
      `at most ${String(policy.points)} in ${String(policy.seconds)} seconds: try again later`,
    );
  }

  /** Takes a point from the lease at hand, or from a new one. Who comes at the same time waits for the same one: a burst takes what it uses. */
  private async point(policy: Policy, key: string): Promise<{ lease: Lease; has: boolean }> {
    const name = `${policy.name} ${key}`;
    for (;;) {
      const standing = this.leases.get(name);
      const asked = standing ?? this.lease(policy, key);
      this.leases.set(name, asked);
      const forget = (): void => {
        if (this.leases.get(name) === asked) this.leases.delete(name);
      };
      const lease = await asked.catch((error: unknown) => {
        forget();
        throw error;
      });
      if (lease.points > 0 && lease.until > Date.now()) {
        lease.points -= 1;
        return { lease, has: true };
      }
      forget();
      if (!lease.gaveAny) return { lease, has: false };
    }
  }

  /** Takes points from the count that all processes share: never more in all than there are. None when there are none. */
  private async lease(policy: Policy, key: string): Promise<Lease> {
    const wanted = Math.max(1, Math.floor(policy.points / leasedShare));
    const taken = await this.limiter(policy)
      .consume(key, wanted)
      .catch((error: unknown) => {
        if (error instanceof RateLimiterRes) return error;
        throw error;
      });
    // A refusal from memory, which asks no database, has counted nothing.
    const counted = taken.consumedPoints > 0;
    const before = taken.consumedPoints - wanted;
    const points = counted ? Math.max(0, Math.min(wanted, policy.points - before)) : 0;
    return {
      points,
      gaveAny: points > 0,
      remaining: counted ? Math.max(0, policy.points - taken.consumedPoints) : 0,
      until: Date.now() + taken.msBeforeNext,
    };
  }

  private limiter({ name, points, seconds }: Policy): RateLimiterPostgres {
    const made = this.limiters.get(name);
    if (made !== undefined) return made;
    const limiter = new RateLimiterPostgres({
      storeClient: this.pool,
      schemaName: 'identity',
      tableName: 'rate_limit',
      tableCreated: true,
      keyPrefix: name,
      points,
      duration: seconds,
      // Whoever is far over its limit costs the database nothing.
      inMemoryBlockOnConsumed: points + 1,
      insuranceLimiter: new RateLimiterMemory({ keyPrefix: name, points, duration: seconds }),
    });
    this.limiters.set(name, limiter);
    return limiter;
  }
}
