import * as risk from '../activities/risk';

/** Paysaga's worker in which every try goes on unjudged: what `risk.ts` measures the assessment against. Nothing else starts it. */
const unjudged: Partial<typeof risk> = {
  assessBuyer: () => Promise.resolve({ outcome: 'go', challenge: false, cardMatters: false, refusedOrders: [] }),
  assessCard: () => Promise.resolve({ outcome: 'go', challenge: false, cardMatters: false, refusedOrders: [] }),
  assessPayment: () => Promise.resolve({ refused: false }),
};

const loaded = require.cache[require.resolve('../activities/risk')];
if (loaded === undefined) throw new Error('the module of risk is not where it was loaded from');
// The product has no switch for it, and should have none: who is loaded after this gets this one.
loaded.exports = { ...risk, ...unjudged };
void import('../worker.js');
