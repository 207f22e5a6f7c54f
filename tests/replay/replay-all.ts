import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { HistoryAndWorkflowId } from '@temporalio/client';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { workflowSources } from '../../temporal/workflow-sources';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';

/** How one recorded history fared. */
export interface Replayed {
  readonly name: string;
  readonly error: string | null;
}

/**
 * Replays every recorded history and prints the results as JSON; with `--changed`, against workflows that call another
 * activity than they did; with `--bundle FILE`, against workflows that are bundled already. A process of its own: inside jest
 * protobuf's types come in two copies.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { changed: { type: 'boolean', default: false }, bundle: { type: 'string' } },
  });
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  const code = values.bundle === undefined ? await bundled() : readFileSync(values.bundle, 'utf8');
  const workflowBundle = {
    code: values.changed ? code.replaceAll('chargePaymentOrder', 'chargeSomethingElse') : code,
  };
  const results: Replayed[] = [];
  for await (const { workflowId: name, error } of Worker.runReplayHistories({ workflowBundle }, recorded()))
    results.push({ name, error: error === undefined ? null : String(error) });
  console.log(JSON.stringify(results));
}

async function bundled(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    ...workflowSources,
    logger: new DefaultLogger('ERROR'),
  });
  return code;
}

/** Each history under its file's name. */
function* recorded(): Generator<HistoryAndWorkflowId> {
  const root = join(__dirname, 'histories');
  for (const version of readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()))
    for (const file of readdirSync(join(root, version.name)))
      yield {
        workflowId: `${version.name}/${file}`,
        history: historyFromJSON(JSON.parse(readFileSync(join(root, version.name, file), 'utf8'))),
      };
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
