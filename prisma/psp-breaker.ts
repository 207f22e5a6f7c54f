import type { PrismaClient } from './database';

/** One worker's circuit breaker as it last said. */
export interface PspBreakerRecord {
  readonly provider: string;
  readonly worker: string;
  readonly state: string;
  readonly since: Date;
}

/** Longer silent than this, a worker is gone and its word with it. */
const silentSeconds = 60;

/**
 * One worker's word on its breaker, one write after the other: of two changes within a moment the later one must stand.
 */
export class BreakerReport {
  private written: Promise<void> = Promise.resolve();

  /** @param read how the breaker stands, asked when it is written */
  constructor(
    private readonly payments: PrismaClient,
    private readonly read: () => PspBreakerRecord,
  ) {}

  /** Writes how it stands now; repeated as a sign of life. @throws what the database throws */
  say(): Promise<void> {
    const written = this.written.then(() => saveBreaker(this.payments, this.read()));
    this.written = written.catch(() => undefined);
    return written;
  }
}

/** Words of workers long silent are taken away. */
async function saveBreaker(payments: PrismaClient, breaker: PspBreakerRecord): Promise<void> {
  await payments.$executeRaw`
    WITH gone AS (DELETE FROM payments.psp_breaker WHERE seen_at < now() - interval '10 minutes')
    INSERT INTO payments.psp_breaker (provider, worker, state, since) VALUES (${breaker.provider}, ${breaker.worker}, ${breaker.state}, ${breaker.since})
    ON CONFLICT (provider, worker) DO UPDATE SET state = excluded.state, since = excluded.since, seen_at = now()`;
}

export async function listBreakers(payments: PrismaClient): Promise<PspBreakerRecord[]> {
  return payments.$queryRaw`
    SELECT provider, worker, state, since FROM payments.psp_breaker
    WHERE seen_at > now() - make_interval(secs => ${silentSeconds}::float8) ORDER BY provider, worker`;
}
