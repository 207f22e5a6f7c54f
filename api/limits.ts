import type { RequestHandler, Response } from 'express';
import pg from 'pg';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { callerOf } from './authentication';
import { Problem } from './problem';

/** What one API key may ask of one group of routes, and what may be tried on one buyer or checkout, in all processes together. */
export interface Limits {
  readonly readsPerMinute: number;
  readonly writesPerMinute: number;
  /** New checkouts of one buyer of a merchant: a thief who tries cards needs many (X3). */
  readonly checkoutsPerBuyerPer10Minutes: number;
  /** Cards tried on one checkout. */
  readonly cardsPerCheckoutPerHour: number;
}

interface Policy {
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
}

/**
 * Limits that all API processes share: counted in Postgres by rate-limiter-flexible. While the database is away each process
 * counts for itself, so that a limit never fails a request that would otherwise be answered.
 */
export class RateLimits {
  private readonly pool: pg.Pool;
  private readonly limiters = new Map<string, RateLimiterPostgres>();

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
    await this.take(policy, `${callerOf(response).limitKey}:${group}`, response);
    next();
  };

  /** Counts a new checkout against its buyer. */
  perBuyer(merchantId: string, buyerId: string, response: Response): Promise<void> {
    const policy = { name: 'buyer', points: this.limits.checkoutsPerBuyerPer10Minutes, seconds: 600 };
    return this.take(policy, `${merchantId}:${buyerId}`, response);
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
    const standing = await this.limiter(policy)
      .consume(key)
      .catch((error: unknown) => {
        if (error instanceof RateLimiterRes) return error;
        throw error;
      });
    const seconds = Math.max(1, Math.ceil(standing.msBeforeNext / 1_000));
    // draft-ietf-httpapi-ratelimit-headers-11
    response.setHeader('RateLimit-Policy', `"${policy.name}";q=${String(policy.points)};w=${String(policy.seconds)}`);
    response.setHeader('RateLimit', `"${policy.name}";r=${String(standing.remainingPoints)};t=${String(seconds)}`);
    if (standing.consumedPoints <= policy.points) return;
    response.setHeader('Retry-After', String(seconds));
    throw new Problem(
      'rate-limited',
      `at most ${String(policy.points)} in ${String(policy.seconds)} seconds: try again later`,
    );
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
