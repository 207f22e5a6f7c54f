import express, { type Router } from 'express';
import { findPspAccount } from '../prisma/identity';
import {
  advanceTestClock,
  createTestClock,
  findTestClock,
  followersOf,
  type TestClockRecord,
} from '../prisma/test-clock';
import { renderTestClock } from '../render';
import { callerWith } from './authentication';
import { startProcess, type ApiDependencies } from './checkouts';
import { idOf } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { testClockAdvanceBody, testClockBody } from './schemas';

/** A clock is put forward in one request, which tells each subscription that has something to do by it. */
export const mostFollowers = 100;
/** So much at once: what was missed is caught up with, period by period. */
const longestLeapMs = 2 * 366 * 24 * 3_600_000;

/** Clocks by which subscriptions can be tried out: a year of one in a minute. Never where real money moves. */
export function testClockRoutes(dependencies: ApiDependencies): Router {
  const { payments, identity } = dependencies.databases;
  const router = express.Router();

  router.post('/', async (request, response) => {
    const { merchantId } = callerWith('payments:write', response);
    const { test_clock_id: testClockId, frozen_at: at } = readBody(request, testClockBody);
    if ((await findPspAccount(identity, merchantId))?.livemode === true)
      throw new Problem('forbidden', 'this merchant moves real money: time is what it is');
    const frozenAt = new Date(at);
    const known = await findTestClock(payments, merchantId, testClockId);
    const clock = known ?? (await createTestClock(payments, { merchantId, testClockId, frozenAt }));
    response
      .status(known === undefined ? 201 : 200)
      .location(`/v1/test_clocks/${testClockId}`)
      .json(renderTestClock(clock, await followersOf(payments, clock)));
  });

  router.get('/:id', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    const clock = await mustFindClock(merchantId, idOf(request));
    response.json(renderTestClock(clock, await followersOf(payments, clock)));
  });

  router.post('/:id/advance', async (request, response) => {
    const { merchantId } = callerWith('payments:write', response);
    const clock = await mustFindClock(merchantId, idOf(request));
    const to = new Date(readBody(request, testClockAdvanceBody).frozen_at);
    const wrong = (detail: string): Problem =>
      new Problem('validation-failed', `/frozen_at ${detail}`, [{ pointer: '/frozen_at', detail }]);
    if (to.getTime() - clock.frozenAt.getTime() > longestLeapMs)
      throw wrong('must be within two years of its time now');
    if (!(await advanceTestClock(payments, clock, to))) throw wrong('must not be before its time now');
    const followers = await followersOf(payments, clock);
    await Promise.all(
      followers
        .filter(({ isBehind }) => isBehind)
        .map(({ subscriptionId }) =>
          startProcess(dependencies, { workflow: 'subscriptionWorkflow', input: { merchantId, subscriptionId } }),
        ),
    );
    const advanced = await mustFindClock(merchantId, clock.testClockId);
    response.status(202).json(renderTestClock(advanced, await followersOf(payments, advanced)));
  });
  return router;

  async function mustFindClock(merchantId: string, id: string): Promise<TestClockRecord> {
    const clock = await findTestClock(payments, merchantId, id);
    if (clock === undefined) throw new Problem('not-found', 'there is no such clock');
    return clock;
  }
}
