import type { RequestHandler, Response } from 'express';
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

/** Of a limit's points a process takes so many parts: a busy key costs the database one row change for a hundred requests. */
const leases = 100;

/** Limits that all API processes share. While the database is away none fails a request that would otherwise be answered. */
export class RateLimits {
  private readonly counts: LeasedCounts;

  constructor(
    identityUrl: string,
    private readonly limits: Limits,
    onError: (error: Error) => void,
  ) {
    this.counts = new LeasedCounts(identityUrl, onError);
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
    if (has) return;
    response.setHeader('Retry-After', String(seconds));
    throw new Problem(
      'rate-limited',
      `at most ${String(policy.points)} in ${String(policy.seconds)} seconds: try again later`,
    );
  }
}
