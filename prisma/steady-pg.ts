import { PrismaPg } from '@prisma/adapter-pg';

/**
 * Prisma's adapter, with somebody listening to each connection from its first moment on. pg-pool stops listening when it hands
 * a connection out, and a transaction starts to a moment later; a connection that Postgres ends in between would otherwise
 * end the process.
 */
export class SteadyPg extends PrismaPg {
  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    const pool = adapter.underlyingDriver();
    pool.on('connect', (client) => {
      // Whoever uses it is told by the failure of its query.
      client.on('error', () => undefined);
    });
    return adapter;
  }
}
