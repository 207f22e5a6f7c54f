import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { countBreaks } from '../prisma/break';
import type { Databases } from '../prisma/database';
import { countDisputes } from '../prisma/dispute';
import { newestRates } from '../prisma/fx';
import { countOwed, ledgerChecks } from '../prisma/ledger';
import { countForOps } from '../prisma/payment-order';
import { countPayouts } from '../prisma/payout';
import { listBreakers } from '../prisma/psp-breaker';
import { countPspEvents } from '../prisma/psp-event';
import { lastRuns } from '../prisma/reconciliation';
import { countRefunds } from '../prisma/refund';
import { countStrayPayments } from '../prisma/stray-payment';
import { countNotifications } from '../prisma/notification';
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
export function createMetrics({ payments, payouts, ledger, events, reconciliation }: Databases): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'paysaga_http_request_duration_seconds',
    help: 'HTTP requests by route, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  /** Read when Prometheus asks: a row of values by labels for each gauge. */
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: () => Promise<readonly (readonly [Partial<Record<Label, string>>, number])[]>,
  ): void =>
    void new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      async collect() {
        const rows = await read();
        this.reset();
        for (const [labels, value] of rows) this.set(labels, value);
      },
    });
  gauge(
    'paysaga_payment_orders_for_ops',
    'Payment orders that are parked or whose outcome is unknown',
    ['phase', 'reason'],
    async () =>
      (await countForOps(payments)).map(({ phase, reason, count }) => [{ phase, reason: reason ?? '' }, Number(count)]),
  );
  gauge(
    'paysaga_payment_orders_for_ops_oldest_seconds',
    'For how long the oldest of them has been so',
    ['phase', 'reason'],
    async () =>
      (await countForOps(payments)).map(({ phase, reason, oldestSeconds }) => [
        { phase, reason: reason ?? '' },
        oldestSeconds,
      ]),
  );
  const counted = (name: string, help: string, count: () => Promise<{ state: string; count: bigint }[]>): void =>
    gauge(name, help, ['state'], async () =>
      (await count()).map(({ state, count: found }) => [{ state }, Number(found)]),
    );
  counted('paysaga_psp_events', 'Events of the PSP that are not settled, or are dead letters', () =>
    countPspEvents(payments),
  );
  gauge(
    'paysaga_psp_events_oldest_seconds',
    'How long ago the oldest of them came: the lag of webhooks',
    ['state'],
    async () => (await countPspEvents(payments)).map(({ state, oldestSeconds }) => [{ state }, oldestSeconds]),
  );
  counted('paysaga_stray_payments', 'Payments at the PSP that no order waits for, on their way back', () =>
    countStrayPayments(payments),
  );
  counted('paysaga_refunds', 'Refunds that are not settled', () => countRefunds(payments));
  counted('paysaga_disputes', 'Disputes that are open', () => countDisputes(payments));
  counted('paysaga_webhook_deliveries', 'Webhooks that wait, or were given up', () => countDeliveries(events));
  counted('paysaga_notifications', 'Messages to people that wait, or reached nobody', () => countNotifications(events));
  counted('paysaga_payouts', 'Payouts that are not settled', () => countPayouts(payouts));
  gauge('paysaga_fx_rate_age_seconds', 'How old the newest exchange rates are', ['source'], async () => {
    const newest = await newestRates(payments);
    return newest === undefined ? [] : [[{ source: newest.source }, (Date.now() - newest.asOf.getTime()) / 1000]];
  });
  gauge('paysaga_sellers_owing', 'Sellers who owe the platform, by currency', ['currency'], async () =>
    (await countOwed(ledger)).map(({ currency, count }) => [{ currency }, Number(count)]),
  );
  gauge(
    'paysaga_ledger_problems',
    "What the last check of a merchant's book found: 0 when it proves itself",
    ['merchant'],
    async () =>
      (await ledgerChecks(ledger)).map(({ merchantId: merchant, problems }) => [{ merchant }, problems.length]),
  );
  gauge('paysaga_ledger_check_age_seconds', 'How long ago that was', ['merchant'], async () =>
    (await ledgerChecks(ledger)).map(({ merchantId: merchant, checkedAt }) => [
      { merchant },
      (Date.now() - checkedAt.getTime()) / 1000,
    ]),
  );
  gauge(
    'paysaga_breaks_open',
    'Mismatches that the reconciliation has found and nobody has settled',
    ['class'],
    async () => (await countBreaks(reconciliation)).map(({ class: name, count }) => [{ class: name }, Number(count)]),
  );
  gauge('paysaga_breaks_overdue', 'Those of them that are past their deadline', ['class'], async () =>
    (await countBreaks(reconciliation)).map(({ class: name, overdue }) => [{ class: name }, Number(overdue)]),
  );
  gauge(
    'paysaga_reconciliation_age_seconds',
    "How long ago an account's last reconciliation ended, and how",
    ['account', 'state'],
    async () =>
      (await lastRuns(reconciliation)).map(({ account, state, ageSeconds }) => [{ account, state }, ageSeconds]),
  );
  gauge(
    'paysaga_psp_breaker_state',
    "The workers' circuit breakers: 0 closed, 1 half open, 2 open (calls to the PSP are held back)",
    ['provider', 'worker'],
    async () =>
      (await listBreakers(payments)).map(({ provider, worker, state }) => [
        { provider, worker },
        breakerValues[state] ?? 2,
      ]),
  );
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
