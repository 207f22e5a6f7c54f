const { availableParallelism, totalmem } = require('node:os');
const { default: Sequencer } = require('@jest/test-sequencer');

/** Files of these mostly wait: for processes that were killed to be started again, for time-outs to pass. */
const waiting = /\/tests\/(?:chaos|lives)\//;

/**
 * Spreads the files that mostly wait among those that mostly compute, the waiting ones of a run early: their time costs the others little, while
 * several of them at the end would leave the machine idle.
 */
module.exports = class extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const [idle, busy] = [true, false].map((waits) => sorted.filter(({ path }) => waiting.test(path) === waits));
    const order = idle.splice(0, 2);
    for (const test of busy) order.push(test, ...(order.length % 3 === 0 ? idle.splice(0, 1) : []));
    return [...order, ...idle];
  }
};

/** How many files are run at once: one for each processor, as long as each has memory enough; two at least. */
module.exports.abreast = Math.max(2, Math.min(availableParallelism(), Math.floor(totalmem() / 2 ** 32)));
