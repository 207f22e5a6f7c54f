import { LRUCache } from 'lru-cache';
import pg from 'pg';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';

/** So many in so many seconds, for one name; each process takes one of `leases` parts at once. */
export interface Policy {
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
  readonly leases: number;
}

/** Points taken from the shared count ahead of their use, by this process alone. */
export interface Lease {
  points: number;
  readonly gaveAny: boolean;
  /** What the shared count had left when it was taken. */
  readonly remaining: number;
  readonly until: number;
}

/**
 * Counts that all processes share, kept in Postgres by rate-limiter-flexible. Points are taken in parts, so that a busy name costs the
 * database one row change for many. While the database is away each process counts for itself.
 */
export class LeasedCounts {
  private readonly pool: pg.Pool;
  private readonly limiters = new Map<string, RateLimiterPostgres>();
  private readonly leases = new LRUCache<string, Promise<Lease>>({ max: 10_000 });

  constructor(identityUrl: string, onError: (error: Error) => void) {
    this.pool = new pg.Pool({ connectionString: identityUrl, max: 3, connectionTimeoutMillis: 1_000, keepAlive: true });
    this.pool.on('error', onError);
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  /** Takes a point from the lease at hand, or from a new one. Who comes at the same time waits for the same one: a burst takes what it uses. */
  async point(policy: Policy, key: string): Promise<{ lease: Lease; has: boolean }> {
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
    const wanted = Math.max(1, Math.floor(policy.points / policy.leases));
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
