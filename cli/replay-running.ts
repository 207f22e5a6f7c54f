import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { readTemporalConfig } from '../config';
import { connectionOptions } from '../temporal/connection';
import { workflowSources } from '../temporal/workflow-sources';
import { dataConverter, failureConverterPath } from '../temporal/data-converter';
import { runCommand, temporalEnvironment, UsageError } from './environment';

const usage = `Usage: npm run replay-running [-- --query Q] [--most N]

  Pulls histories of a namespace and replays them against the working tree: whether what runs there could go on with this code. Changes
  nothing. Without a query: all that run on the task queue. Exits 1 when one does not fit, and names it.

Reads TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TASK_QUEUE, PAYLOAD_KEYS and what else the worker reads of Temporal, or else the local stack's run.json.`;

async function main(): Promise<number> {
  const { query, most } = readArguments();
  const config = readTemporalConfig(temporalEnvironment());
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  const sealed = config.PAYLOAD_KEYS.length > 0;
  const workflowBundle = await bundleWorkflowCode({
    ...workflowSources,
    logger: new DefaultLogger('ERROR'),
    ...(sealed && { failureConverterPath }),
  });
  const converter = dataConverter(config.PAYLOAD_KEYS);
  const connection = await Connection.connect(connectionOptions(config));
  try {
    const client = new Client({ connection, namespace: config.TEMPORAL_NAMESPACE, ...converter });
    const running = `ExecutionStatus = 'Running' AND TaskQueue = '${config.TEMPORAL_TASK_QUEUE}'`;
    let [replayed, failed] = [0, 0];
    for await (const { workflowId, runId, type } of client.workflow.list({ query: query ?? running })) {
      if (replayed === most) break;
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const error = await Worker.runReplayHistory({ workflowBundle, ...converter }, history, workflowId).then(
        () => null,
        String,
      );
      replayed += 1;
      if (error === null) continue;
      failed += 1;
      console.error(`${type} ${workflowId}: ${error}`);
    }
    console.log(`${String(replayed)} replayed, ${String(failed)} do not fit`);
    return failed === 0 ? 0 : 1;
  } finally {
    await connection.close();
  }
}

function readArguments(): { query: string | undefined; most: number } {
  try {
    const { values } = parseArgs({
      options: { query: { type: 'string' }, most: { type: 'string', default: '10000' } },
    });
    const most = Number(values.most);
    if (!Number.isSafeInteger(most) || most < 1) throw new UsageError('--most must be a whole number above zero');
    return { query: values.query, most };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : String(error));
  }
}

runCommand(main, usage);
