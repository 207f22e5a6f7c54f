import { heartbeat } from '@temporalio/activity';
import { claimPspEvents } from '../prisma/psp-event';
import { claimStrayPayments } from '../prisma/stray-payment';
import { workflowIds } from '../domain/identifiers';
import { applyPspEvent } from '../psp-events';
import { eventWorld, type Dependencies } from './dependencies';
import { sweepMoney } from './sweep-money';

const batch = 200;
const mostBatches = 25;
/** How many are looked at side by side. */
const abreast = 8;

/**
 * Finishes what an API process left behind: events stored and not settled, parked ones whose time has come, and stray
 * payments, refunds, disputes and payouts without a running workflow. A retry is safe: each is taken up by one caller, and applying one twice changes nothing.
 */
export async function applyDueEvents(
  dependencies: Dependencies,
): Promise<{ events: number; strays: number; processes: number }> {
  const { databases, orchestrator } = dependencies;
  const world = eventWorld(dependencies);
  let events = 0;
  for (let round = 0; round < mostBatches; round += 1) {
    heartbeat();
    const due = await claimPspEvents(databases.payments, batch);
    for (let from = 0; from < due.length; from += abreast) {
      await Promise.all(due.slice(from, from + abreast).map((event) => applyPspEvent(world, event)));
      heartbeat();
    }
    events += due.length;
    if (due.length < batch) break;
  }
  const strays = await claimStrayPayments(databases.payments, batch);
  for (const stray of strays) {
    const { merchantId, pspReference: reference, paymentOrderId } = stray;
    if ((await orchestrator.stateOf(workflowIds.strayPayment(merchantId, reference))) === 'gone')
      await orchestrator.startStrayPayment({ merchantId, reference, paymentOrderId });
  }
  heartbeat();
  return { events, strays: strays.length, processes: await sweepMoney(dependencies) };
}
