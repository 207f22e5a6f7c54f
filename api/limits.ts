import type { RequestHandler, Response } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { LeasedCounts, type Policy } from '../leased-counts';
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

/**
 * How many of an address's checkouts may come at once, at each API process: what is more than that stands in front of everybody else's in the
 * queue. A tenth of what ten minutes allow, but never so few that a family at one router would notice.
 */
const burst = { name: 'address-burst', seconds: 10, share: 0.1, least: 10 } as const;

/** Of a limit's points a process takes so many parts: a busy key costs the database one row change for a hundred requests. */
const leases = 100;

/** Limits that all API processes share. While the database is away none fails a request that would otherwise be answered. */
export class RateLimits {
  private readonly counts: LeasedCounts;
  private readonly bursts: RateLimiterMemory;

  constructor(
    identityUrl: string,
    private readonly limits: Limits,
    onError: (error: Error) => void,
  ) {
    this.counts = new LeasedCounts(identityUrl, onError);
    const points = Math.max(burst.least, Math.ceil(limits.checkoutsPerAddressPer10Minutes * burst.share));
    this.bursts = new RateLimiterMemory({ keyPrefix: burst.name, points, duration: burst.seconds });
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
  async perAddress(fingerprint: string, response: Response): Promise<void> {
    const taken = await this.bursts.consume(fingerprint).catch((error: unknown) => {
      if (error instanceof RateLimiterRes) return error;
      throw error;
    });
    const { points } = this.bursts;
    if (taken.consumedPoints > points) refuse({ ...burst, points }, Math.ceil(taken.msBeforeNext / 1_000), response);
    const policy = { name: 'address', points: this.limits.checkoutsPerAddressPer10Minutes, seconds: 600 };
    await this.take(policy, fingerprint, response);
  }

  /** Counts another card against its checkout. */
  perCheckout(merchantId: string, checkoutId: string, response: Response): Promise<void> {
    const policy = { name: 'cards', points: this.limits.cardsPerCheckoutPerHour, seconds: 3_600 };
    return this.take(policy, `${merchantId}:${checkoutId}`, response);
  }

  close(): Promise<void> {
    return this.counts.close();
  }

  /** @throws Problem with `Retry-After` when there is nothing left */
  private async take(limit: Omit<Policy, 'leases'>, key: string, response: Response): Promise<void> {
    const policy = { ...limit, leases };
    const { lease, has } = await this.counts.point(policy, key);
    const seconds = Math.max(1, Math.ceil((lease.until - Date.now()) / 1_000));
    // draft-ietf-httpapi-ratelimit-headers-11
    response.setHeader('RateLimit-Policy', `"${policy.name}";q=${String(policy.points)};w=${String(policy.seconds)}`);
    response.setHeader(
      'RateLimit',
      `"${policy.name}";r=${String(lease.remaining + lease.points)};t=${String(seconds)}`,
    );
    if (!has) refuse(policy, seconds, response);
  }
}

/** @throws Problem with `Retry-After` */
function refuse({ points, seconds }: Pick<Policy, 'points' | 'seconds'>, after: number, response: Response): never {
  response.setHeader('Retry-After', String(Math.max(1, after)));
  throw new Problem('rate-limited', `at most ${String(points)} in ${String(seconds)} seconds: try again later`);
}
