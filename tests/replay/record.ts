import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { usualWindows } from '../../activities';
import globalSetup from '../support/global-setup';
import globalTeardown from '../support/global-teardown';
import { TestStack } from '../support/stack';
import { scenarios } from './scenarios';

const folder = join(__dirname, 'histories', 'next');

/** Where it ran says nothing about what it did. */
function withoutMachine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMachine);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === 'identity' || name === 'stackTrace' || name === 'binaryChecksum' ? '' : withoutMachine(inner),
    ]),
  );
}

/** `npm run record-histories`: makes the histories of the next version anew. Those of a tag are never touched. */
async function main(): Promise<void> {
  await globalSetup();
  const stack = await TestStack.start({
    notifications: true,
    // What differs is a case at once.
    plant: (dependencies) => ({
      ...dependencies,
      reconciliationWindows: { ...usualWindows, settleSeconds: 0, windowSeconds: 0 },
    }),
  });
  try {
    mkdirSync(folder, { recursive: true });
    // Names of scenarios record those alone.
    const wanted = process.argv.slice(2);
    for (const scenario of scenarios.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
      for (const workflowId of await scenario.run(stack)) {
        const handle = stack.client.workflow.getHandle(workflowId);
        await handle.result().catch(() => undefined);
        const [kind = '', , id = '', round = '1'] = workflowId.split('/');
        const which = kind === 'payment-order' ? `-${id.split('-').at(-1) ?? ''}` : '';
        const file = `${scenario.name}.${kind}${which}${round === '1' ? '' : `-round-${round}`}.json`;
        const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
        writeFileSync(join(folder, file), `${JSON.stringify(withoutMachine(history))}\n`);
        console.log(`recorded ${file}`);
      }
      await stack.clearFaults();
    }
  } finally {
    await stack.stop();
    await globalTeardown();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
