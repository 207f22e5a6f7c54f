import { Client, Connection } from '@temporalio/client';
import { readTemporalConfig } from '../config';
import { connectionOptions } from '../temporal/connection';
import { makeCurrent } from '../temporal/deployment';
import { runCommand, temporalEnvironment, UsageError } from './environment';

const usage = `Usage: npm run release -- BUILD

  Gives the work to the workers that were started with WORKER_BUILD_ID=BUILD: new workflows, and those that run. Start them first; stop the old ones
  after. The same with the old name goes back.

Reads TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and what else the worker reads of Temporal, or else the local stack's run.json.`;

async function main(): Promise<number> {
  const [build] = process.argv.slice(2);
  if (build === undefined || build.startsWith('-')) throw new UsageError('which release?');
  const config = readTemporalConfig(temporalEnvironment());
  const connection = await Connection.connect(connectionOptions(config));
  try {
    await makeCurrent(new Client({ connection, namespace: config.TEMPORAL_NAMESPACE }), build);
    console.log(`${build} has the work`);
    return 0;
  } finally {
    await connection.close();
  }
}

runCommand(main, usage);
