import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { PrismaClient } from '../prisma/database';
import { countForOps } from '../prisma/payment-order';

/** Request durations by route, and the orders that a person should know about, read when Prometheus asks. */
export function createMetrics(payments: PrismaClient): { observe: RequestHandler; expose: RequestHandler } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'paysaga_http_request_duration_seconds',
    help: 'HTTP requests by route, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  new Gauge({
    name: 'paysaga_payment_orders_for_ops',
    help: 'Payment orders that are parked or whose outcome is unknown',
    labelNames: ['phase', 'reason'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { phase, reason, count } of await countForOps(payments))
        this.set({ phase, reason: reason ?? '' }, Number(count));
    },
  });
  return {
    observe: (request, response, next) => {
      const stop = durations.startTimer({ method: request.method });
      response.once('finish', () => {
        const route = (request.route as { path?: string } | undefined)?.path ?? 'none';
        stop({ route, status: String(response.statusCode) });
      });
      next();
    },
    expose: async (_request, response) => {
      response.type(registry.contentType).send(await registry.metrics());
    },
  };
}
