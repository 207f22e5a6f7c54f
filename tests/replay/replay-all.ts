import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';

/** How one recorded history fared. */
export interface Replayed {
  readonly name: string;
  readonly error: string | null;
}

/**
 * Replays every recorded history and prints the results as JSON; with `--changed`, against workflows that call another
 * activity than they did. A process of its own: inside jest protobuf's types come in two copies.
 */
async function main(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(__dirname, '..', '..', 'workflows'),
    logger: new DefaultLogger('ERROR'),
  });
  const workflowBundle = {
    code: process.argv.includes('--changed') ? code.replaceAll('chargePaymentOrder', 'chargeSomethingElse') : code,
  };
  const root = join(__dirname, 'histories');
  const results: Replayed[] = [];
  for (const version of readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const file of readdirSync(join(root, version.name))) {
      const history = historyFromJSON(JSON.parse(readFileSync(join(root, version.name, file), 'utf8')));
      const error = await Worker.runReplayHistory({ workflowBundle }, history).then(() => null, String);
      results.push({ name: `${version.name}/${file}`, error });
    }
  }
  console.log(JSON.stringify(results));
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
