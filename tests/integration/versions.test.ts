import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeCurrent } from '../../temporal/deployment';
import { testServers } from '../support/servers';
import { checkoutBody, TestStack, unique } from '../support/stack';
import { WorkerProcesses } from '../support/worker-process';

const run = promisify(execFile);
let stack: TestStack;
let old: WorkerProcesses | undefined;
let next: WorkerProcesses | undefined;
const [oldBuild, nextBuild] = [unique('old'), unique('next')];

/** The next version of the workflows: one step of a payment order is another, for those that come to it from now on. */
function nextBundle(): string {
  const code = readFileSync(testServers().realBundle, 'utf8');
  const [, workflow = ''] = /\(0,\s*(\w+)\.patched\)\('nothing-was-sent'\)/.exec(code) ?? [];
  const step = /this\.standing\.tell\('captured'\);/;
  expect(workflow).not.toBe('');
  expect(code).toMatch(step);
  const changed = code.replace(
    step,
    `if ((0, ${workflow}.patched)('of-the-next-version')) await (0, ${workflow}.sleep)(1); $&`,
  );
  const path = join(testServers().folder, `${nextBuild}.js`);
  writeFileSync(path, changed);
  return path;
}

const authorized = async () => {
  const body = checkoutBody({ orders: 2, more: { capture_method: 'manual' } });
  await stack.post(body, { Prefer: 'wait=60' });
  await stack.until(body.checkout_id, ({ payment_orders: orders }) =>
    orders.every(({ phase }) => phase === 'authorized'),
  );
  return body;
};
const paid = async (body: ReturnType<typeof checkoutBody>) => {
  await stack.call('POST', `/v1/checkouts/${body.checkout_id}/capture`);
  expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
  expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 2 } });
};
const markersOf = async (body: ReturnType<typeof checkoutBody>): Promise<string> => {
  const id = `payment-order/default/${body.payment_orders[0]?.payment_order_id ?? ''}`;
  return JSON.stringify(await stack.client.workflow.getHandle(id).fetchHistory());
};

beforeAll(async () => {
  stack = await TestStack.start({ withWorker: false });
  old = new WorkerProcesses(stack, { WORKER_BUILD_ID: oldBuild });
  next = new WorkerProcesses(stack, { WORKER_BUILD_ID: nextBuild, WORKFLOW_BUNDLE: nextBundle() });
  old.keep();
  await makeCurrent(stack.client, oldBuild);
});
afterAll(async () => {
  old?.stop();
  next?.stop();
  await stack.stop();
});

describe('T7 a version changes while payments are under way', () => {
  it('what the old one began the next one ends, with both running side by side; and what it begins goes its own way', async () => {
    const [first, second] = [await authorized(), await authorized()];
    await paid(first);
    next?.keep();
    await makeCurrent(stack.client, nextBuild);
    await paid(second);
    await paid(await authorized());
    expect(await markersOf(first)).not.toContain(Buffer.from('of-the-next-version').toString('base64'));
    expect(await stack.differences()).toEqual([]);
  });

  it('and back: what the next one began and the old one does not know, waits for it; what both know goes on', async () => {
    const before = await authorized();
    await makeCurrent(stack.client, oldBuild);
    await paid(before);
    await paid(await authorized());
  });

  it('a release whose workers are not there is not made current', async () => {
    await expect(makeCurrent(stack.client, 'never-started', 2_000)).rejects.toThrow('start them first');
  });

  it('replay-running replays what is in a namespace against the working tree', async () => {
    const body = await authorized();
    const { stdout } = await run(
      process.execPath,
      ['--import', 'tsx', 'cli/replay-running.ts', '--query', `CheckoutId = '${body.checkout_id}'`],
      {
        env: {
          ...process.env,
          TEMPORAL_ADDRESS: testServers().temporalAddress,
          TEMPORAL_TASK_QUEUE: stack.taskQueue,
        },
      },
    );
    expect(stdout).toContain('3 replayed, 0 do not fit');
    await paid(body);
  });
});
