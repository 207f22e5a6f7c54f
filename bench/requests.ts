import { setTimeout as pause } from 'node:timers/promises';
import { newId } from './contest';
import { closedLoop, quantiles, type Measured } from './measure';
import { table, type Part } from './report';
import { pay, read } from './shop';

const clients = 32;
const asked = 1_500;

/** How many checkouts a second the API takes while no worker works on any. */
export const accept: Part = async ({ ground }) => {
  ground.halt('SIGSTOP');
  let taken: Measured;
  try {
    taken = await closedLoop(asked, clients, () => pay(ground.run, { id: newId('accept'), orders: 1, wait: false }));
  } finally {
    ground.halt('SIGCONT');
  }
  for (;;) {
    const { rows } = await ground.database.query<{ count: string }>(
      'SELECT count(*) FROM payments.checkout WHERE NOT is_payment_done',
    );
    if (rows[0]?.count === '0') break;
    await pause(1_000);
  }
  const latency = quantiles(taken.latencies);
  return {
    figures: { per_second: taken.perSecond, latency_ms: latency },
    tables: [
      table([
        ['', 'per second', 'p50 ms', 'p95 ms', 'p99 ms'],
        ['checkouts taken', taken.perSecond.toFixed(0), ...Object.values(latency)],
      ]),
    ],
  };
};

/** One payment's status, and the lists that people look at. */
const paths = (id: string, seller: string): readonly (readonly [string, string])[] => [
  ['status of a payment order', `/v1/payments/${id}`],
  ['checkout', `/v1/checkouts/${id.replace(/-1$/, '')}`],
  ['list of events', '/v1/events?limit=20'],
  ["the seller's wallet", `/v1/sellers/${seller}/wallet`],
];

export const reads: Part = async ({ ground }) => {
  const id = newId('read');
  await pay(ground.run, { id, orders: 1, wait: true });
  const { rows: orders } = await ground.database.query<{ seller: string }>(
    'SELECT seller_account AS seller FROM payments.payment_order WHERE checkout_id = $1',
    [id],
  );
  const rows: (string | number)[][] = [];
  const figures: Record<string, unknown> = {};
  for (const [name, path] of paths(`${id}-1`, orders[0]?.seller ?? '')) {
    await closedLoop(100, clients, () => read(ground.run, path));
    const result = await closedLoop(asked, clients, () => read(ground.run, path));
    const latency = quantiles(result.latencies);
    figures[name] = { per_second: result.perSecond, latency_ms: latency };
    rows.push([name, result.perSecond.toFixed(0), ...Object.values(latency)]);
  }
  return { figures, tables: [table([['read', 'per second', 'p50 ms', 'p95 ms', 'p99 ms'], ...rows])] };
};
