import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Databases } from '../prisma/database';
import { countDisputes } from '../prisma/dispute';
import { countOwed, ledgerChecks } from '../prisma/ledger';
import { countForOps } from '../prisma/payment-order';
import { countPayouts } from '../prisma/payout';
import { listBreakers } from '../prisma/psp-breaker';
import { countPspEvents } from '../prisma/psp-event';
import { countRefunds } from '../prisma/refund';
import { countStrayPayments } from '../prisma/stray-payment';
import { countDeliveries } from '../prisma/webhook-endpoint';
import { asEverybody } from '../prisma/tenant';

export interface Metrics {
  readonly observe: RequestHandler;
  readonly expose: RequestHandler;
  /** Counts webhooks by what became of them at the door: accepted, duplicate, ignored, refused. */
  readonly webhooks: Counter<'result'>;
}

const breakerValues: Readonly<Record<string, number>> = { closed: 0, half_open: 1, open: 2 };

/** Request durations by route, and what a person should know about, read when Prometheus asks. */
export function createMetrics({ payments, payouts, ledger, events }: Databases): Metrics {
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
  const counted = (name: string, help: string, count: () => Promise<{ state: string; count: bigint }[]>): void =>
    void new Gauge({
      name,
      help,
      labelNames: ['state'],
      registers: [registry],
      async collect() {
        this.reset();
        for (const { state, count: found } of await count()) this.set({ state }, Number(found));
      },
    });
  counted('paysaga_psp_events', 'Events of the PSP that are not settled, or are dead letters', () =>
    countPspEvents(payments),
  );
  counted('paysaga_stray_payments', 'Payments at the PSP that no order waits for, on their way back', () =>
    countStrayPayments(payments),
  );
  counted('paysaga_refunds', 'Refunds that are not settled', () => countRefunds(payments));
  counted('paysaga_disputes', 'Disputes that are open', () => countDisputes(payments));
  counted('paysaga_webhook_deliveries', 'Webhooks that wait, or were given up', () => countDeliveries(events));
  counted('paysaga_payouts', 'Payouts that are not settled', () => countPayouts(payouts));
  new Gauge({
    name: 'paysaga_sellers_owing',
    help: 'Sellers who owe the platform, by currency',
    labelNames: ['currency'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { currency, count } of await countOwed(ledger)) this.set({ currency }, Number(count));
    },
  });
  new Gauge({
    name: 'paysaga_ledger_problems',
    help: "What the last check of a merchant's book found: 0 when it proves itself",
    labelNames: ['merchant'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { merchantId, problems } of await ledgerChecks(ledger))
        this.set({ merchant: merchantId }, problems.length);
    },
  });
  new Gauge({
    name: 'paysaga_psp_breaker_state',
    help: "The workers' circuit breakers: 0 closed, 1 half open, 2 open (calls to the PSP are held back)",
    labelNames: ['provider', 'worker'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { provider, worker, state } of await listBreakers(payments))
        this.set({ provider, worker }, breakerValues[state] ?? 2);
    },
  });
  const webhooks = new Counter({
    name: 'paysaga_webhooks_total',
    help: 'Webhooks of the PSP by what became of them at the door',
    labelNames: ['result'],
    registers: [registry],
  });
  return {
    webhooks,
    observe: (request, response, next) => {
      const stop = durations.startTimer({ method: request.method });
      response.once('finish', () => {
        const route = (request.route as { path?: string } | undefined)?.path ?? 'none';
        stop({ route, status: String(response.statusCode) });
      });
      next();
    },
    expose: async (_request, response) => {
      response.type(registry.contentType).send(await asEverybody(() => registry.metrics()));
    },
  };
}
