import { heartbeat, log } from '@temporalio/activity';
import { carriersOf, workflowIds } from '../domain/identifiers';
import { findCheckoutsToSweep, postponeSweep, raiseAlarm, type CheckoutToSweep } from '../prisma/checkout';
import type { Dependencies } from './dependencies';

export interface SweepCounts {
  readonly looked: number;
  readonly started: number;
  readonly alarms: number;
}

const batch = 1_000;
/** How many are looked at side by side: enough to hide the round trips, few enough for the pools. */
const abreast = 8;

/**
 * Looks at open checkouts whose time has come and brings each under a running workflow again (T5). A retry is safe:
 * a start finds the running one, a signal tells a workflow what its row already says.
 */
export async function sweepCheckouts(dependencies: Dependencies): Promise<SweepCounts> {
  const due = await findCheckoutsToSweep(dependencies.databases.payments, batch);
  let started = 0;
  let alarms = 0;
  for (let from = 0; from < due.length; from += abreast) {
    heartbeat();
    const results = await Promise.all(
      due.slice(from, from + abreast).map((checkout) => sweepOne(dependencies, checkout)),
    );
    started += results.filter((result) => result === 'started').length;
    alarms += results.filter((result) => result === 'alarm').length;
  }
  return { looked: due.length, started, alarms };
}

async function sweepOne(
  { databases, orchestrator }: Dependencies,
  checkout: CheckoutToSweep,
): Promise<'started' | 'seen' | 'alarm'> {
  const { merchantId, checkoutId } = checkout;
  const carriers = carriersOf(checkout);
  const states = await Promise.all(carriers.map((workflowId) => orchestrator.stateOf(workflowId)));
  const running = carriers.filter((_, index) => states[index] === 'running');
  // The checkout's own run, the last of them, never ends before its row: an order's may, where another run was to end the checkout.
  if (running.length === 0 && states.at(-1) === 'completed') {
    const alarm = 'the workflow has completed while the checkout is open';
    if (!(await raiseAlarm(databases.payments, merchantId, checkoutId, alarm))) return 'seen';
    log.error(alarm, { merchantId, checkoutId });
    return 'alarm';
  }
  if (running.length === 0) await orchestrator.startCheckout(merchantId, checkoutId);
  for (const workflowId of running) await remind(orchestrator, checkout, workflowId);
  await postponeSweep(databases.payments, merchantId, checkoutId);
  return running.length === 0 ? 'started' : 'seen';
}

/** Repeats requests whose signal may have been lost: the row came first, and the row is right. */
async function remind(
  orchestrator: Dependencies['orchestrator'],
  checkout: CheckoutToSweep,
  workflowId: string,
): Promise<void> {
  const by = { actor: 'sweeper', reason: 'requested earlier' };
  if (checkout.cancelRequested) await orchestrator.signal(workflowId, 'cancel', by);
  if (checkout.captureRequested) await orchestrator.signal(workflowId, 'capture', by);
  if (!checkout.ordersOpen || checkout.cardGiven) await orchestrator.signal(workflowId, 'review');
  for (const request of checkout.requests) {
    const order = workflowIds.paymentOrder(checkout.merchantId, request.paymentOrderId, checkout.round);
    if ((await orchestrator.stateOf(order)) !== 'running') continue;
    if (request.cancel !== null) await orchestrator.signal(order, 'cancel', request.cancel);
    if (request.capture !== null) await orchestrator.signal(order, 'capture', request.capture);
  }
}
