import { NativeConnection, Runtime, DefaultLogger, Worker } from '@temporalio/worker';
import { workflowWorkerSettings } from '../../temporal/worker-settings';
import type { FloorActivities } from './workflows';

const activities: FloorActivities = { nothing: () => Promise.resolve() };

/** The floor's worker, a process of its own, set as Paysaga's is: `worker.ts ADDRESS NAMESPACE QUEUE WORKFLOW-SLOTS ACTIVITY-SLOTS`. */
async function main(): Promise<void> {
  const [address = '', namespace = '', taskQueue = '', workflowSlots, activitySlots] = process.argv.slice(2);
  const slots = { workflows: Number(workflowSlots), activities: Number(activitySlots) };
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    namespace,
    activities,
    ...workflowWorkerSettings(slots),
    taskQueue,
    workflowsPath: require.resolve('./workflows'),
  });
  process.send?.('ready');
  await worker.run();
  await connection.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
