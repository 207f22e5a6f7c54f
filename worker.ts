// First, so that it sees what is loaded after it.
import { tracing } from './tracing';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import {
  NativeConnection,
  Runtime,
  Worker,
  type ActivityInterceptorsFactory,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { createActivities, usualWindows, type Dependencies } from './activities';
import { firstTries } from './first-tries';
import { checkoutInput } from './checkout-input';
import { ConfigError, readWorkerConfig, serviceUrls, temporalUiOf, type WorkerConfig } from './config';
import { relayUntil } from './events/relay-loop';
import type { Sink } from './events/sink';
import { webhookSink } from './events/webhook-sink';
import { notificationSink } from './notifications/sink';
import { failpoints, type Failpoint } from './failpoint';
import { LeasedCounts } from './leased-counts';
import { createLogger, type Logger } from './log';
import { mailer } from './mail';
import { notificationWays } from './notification-ways';
import { findCheckout } from './prisma/checkout';
import { closeDatabases, openDatabases, type Databases } from './prisma/database';
import {
  findPspAccount,
  noteAccountMode,
  notificationRuleReader,
  policyReader,
  settledAccounts,
} from './prisma/identity';
import { BreakerReport } from './prisma/psp-breaker';
import { isLiveKey, providersOfMerchants } from './providers';
import { Breaker } from './providers/breaker';
import { rateSourceOf } from './providers/rates';
import { connectionOptions } from './temporal/connection';
import { deploymentName } from './temporal/deployment';
import { bundlePath, dataConverter } from './temporal/data-converter';
import { prepareNamespace } from './temporal/namespace';
import {
  runningCheckouts,
  runRecord,
  runState,
  signalWorkflow,
  startMoneyProcess,
  startNotification,
  startCheckoutWorkflow,
  startSettlementFile,
  startStrayPaymentWorkflow,
  startWebhookDelivery,
} from './temporal/orchestrator';
import { workerSettings, workflowWorkerSettings } from './temporal/worker-settings';
import { takeUpDropped } from './settlement-files';
import { ensureSchedules, putPayoutSchedule, putReconciliationSchedule } from './temporal/schedules';
import { notificationTaskQueue, pspTaskQueue, webhookTaskQueue } from './workflows/messages';

const breakerSignOfLifeMs = 15_000;

/** The composition root of the worker process: `npm run worker`. */
async function main(): Promise<void> {
  const config = readWorkerConfig();
  const logger = createLogger('worker', config.LOG_LEVEL);
  installRuntime(logger, config.METRICS_ADDRESS);
  const connection = await NativeConnection.connect(connectionOptions(config));
  const client = await openClient(config);
  const onBroken = (error: Error): void => logger.warn({ err: error }, 'a database connection broke');
  const databases = openDatabases(serviceUrls(config), 'everything', onBroken);
  const counts = new LeasedCounts(serviceUrls(config).identity, onBroken);
  try {
    await ensureSchedules(client, config.TEMPORAL_TASK_QUEUE);
    await reconcileNightly(client, config, databases, logger);
    watchFolder(client, config, databases, logger);
    await noteAccountMode(databases.identity, 'default', isLiveKey(config.STRIPE_SECRET_KEY));
    const breaker = watchedBreaker(databases, logger);
    const failpoint = failpoints(config.PAYSAGA_FAILPOINTS);
    const activities = createActivities(await dependencies(config, databases, client, breaker, failpoint));
    const workers = await createWorkers(config, connection, activities, firstTriesOf(config, breaker, counts));
    logger.info({ taskQueue: config.TEMPORAL_TASK_QUEUE }, 'worker ready');
    process.send?.('ready');
    const stopped = new AbortController();
    const relaying = relayUntil(stopped.signal, {
      databases,
      sinks: await sinks(config, databases),
      startDelivery: (delivery) => startWebhookDelivery(client, config.TEMPORAL_TASK_QUEUE, delivery),
      startNotification: (message) => startNotification(client, config.TEMPORAL_TASK_QUEUE, message),
      onError: (error) => logger.warn({ err: error }, 'events could not be relayed: they wait'),
      failpoint,
    });
    try {
      await Promise.all(workers.map((worker) => worker.run()));
    } finally {
      stopped.abort();
      await relaying;
    }
  } finally {
    await counts.close();
    await closeDatabases(databases);
    await client.connection.close();
    await connection.close();
    await tracing?.end();
  }
}

function installRuntime(logger: Logger, metricsAddress: string | undefined): void {
  const write = (level: string, message: string, meta?: Record<string, unknown>): void => {
    const write =
      { TRACE: logger.trace, DEBUG: logger.debug, INFO: logger.info, WARN: logger.warn, ERROR: logger.error }[level] ??
      logger.info;
    write.call(logger, meta ?? {}, message);
  };
  Runtime.install({
    logger: {
      log: write,
      trace: (message, meta) => write('TRACE', message, meta),
      debug: (message, meta) => write('DEBUG', message, meta),
      info: (message, meta) => write('INFO', message, meta),
      warn: (message, meta) => write('WARN', message, meta),
      error: (message, meta) => write('ERROR', message, meta),
    },
    shutdownSignals: ['SIGTERM', 'SIGINT'],
    ...(metricsAddress !== undefined && {
      telemetryOptions: {
        metrics: {
          prometheus: {
            bindAddress: metricsAddress,
            countersTotalSuffix: true,
            unitSuffix: true,
            useSecondsForDurations: true,
          },
        },
      },
    }),
  });
}

async function openClient(config: WorkerConfig): Promise<Client> {
  const connection = await Connection.connect(connectionOptions(config));
  await prepareNamespace(connection, config.TEMPORAL_NAMESPACE);
  return new Client({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    ...dataConverter(config.PAYLOAD_KEYS),
    ...(tracing !== undefined && { plugins: [tracing.plugin] }),
  });
}

const schedulesLookedAtEveryMs = 600_000;

/** Each PSP account has its own night; one that is made or moved while the worker runs is seen a little later. */
async function reconcileNightly(
  client: Client,
  config: WorkerConfig,
  databases: Databases,
  logger: Logger,
): Promise<void> {
  const put = async (): Promise<void> => {
    for (const account of await settledAccounts(databases.identity))
      await putReconciliationSchedule(client, config.TEMPORAL_TASK_QUEUE, account);
  };
  await put();
  setInterval(
    () => void put().catch((error: unknown) => logger.warn({ err: error }, 'schedules could not be looked at')),
    schedulesLookedAtEveryMs,
  ).unref();
}

const folderLookedAtEveryMs = 10_000;

/** Takes up settlement files and bank statements that are dropped into a folder, one look at a time. */
function watchFolder(
  client: Client,
  config: WorkerConfig,
  { reconciliation, identity }: Databases,
  logger: Logger,
): void {
  const folder = config.SETTLEMENT_FOLDER;
  if (folder === undefined) return;
  const look = async (): Promise<void> => {
    try {
      await takeUpDropped({
        folder,
        reconciliation,
        accounts: () => settledAccounts(identity),
        start: (key) => startSettlementFile(client, config.TEMPORAL_TASK_QUEUE, key),
      });
    } catch (error) {
      logger.warn({ err: error, folder }, 'a dropped file could not be taken up: it stays where it is');
    }
    setTimeout(() => void look(), folderLookedAtEveryMs).unref();
  };
  void look();
}

/** Who gets all events: merchants' webhooks, people, and a Kafka cluster where there is one. */
async function sinks(config: WorkerConfig, databases: Databases): Promise<Sink[]> {
  const { KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic, KAFKA_TLS: tls, KAFKA_SASL_MECHANISM: mechanism } = config;
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config;
  const sasl = username === undefined || password === undefined ? {} : { sasl: { mechanism, username, password } };
  const usual = [
    webhookSink(databases.events),
    notificationSink(databases.events, notificationRuleReader(databases.identity)),
  ];
  if (brokers.length === 0) return usual;
  // Loaded where it is used: it would take a third of the time in which a worker is back.
  const { kafkaSink } = await import('./events/kafka-sink.js');
  return [...usual, kafkaSink({ brokers, topic, tls, ...sasl })];
}

/** Stripe's breaker, whose state is written where the API's health page and metrics read it. */
function watchedBreaker(databases: Databases, logger: Logger): Breaker {
  const worker = `${String(process.pid)}@${hostname()}`;
  const report = new BreakerReport(databases.payments, () => ({
    provider: 'stripe',
    worker,
    state: breaker.state,
    since: breaker.since,
  }));
  const say = (): void =>
    void report.say().catch((error: unknown) => {
      logger.warn({ err: error }, "the breaker's state could not be written");
    });
  const breaker = new Breaker((state) => {
    logger.warn({ provider: 'stripe', state }, 'the circuit breaker has changed');
    say();
  });
  say();
  setInterval(say, breakerSignOfLifeMs).unref();
  return breaker;
}

async function dependencies(
  config: WorkerConfig,
  databases: Databases,
  client: Client,
  breaker: Breaker,
  failpoint: Failpoint,
): Promise<Dependencies> {
  const rates = rateSourceOf(config);
  return {
    databases,
    providerOf: providersOfMerchants({
      stripeSecretKey: config.STRIPE_SECRET_KEY,
      stripeUrl: config.STRIPE_API_URL,
      secretsKey: Buffer.from(config.PAYSAGA_SECRETS_KEY, 'base64'),
      findAccount: (merchantId) => findPspAccount(databases.identity, merchantId),
      breaker,
    }),
    orchestrator: {
      stateOf: (workflowId) => runState(client, workflowId),
      recordOf: (workflowId) => runRecord(client, workflowId),
      startCheckout: async (merchantId, checkoutId) => {
        const checkout = await findCheckout(databases.payments, merchantId, checkoutId);
        if (checkout !== undefined)
          await startCheckoutWorkflow(client, config.TEMPORAL_TASK_QUEUE, checkoutInput(checkout, true));
      },
      signal: (workflowId, name, by) => signalWorkflow(client, workflowId, name, ...(by === undefined ? [] : [by])),
      startStrayPayment: (input) => startStrayPaymentWorkflow(client, config.TEMPORAL_TASK_QUEUE, input),
      runningCheckouts: (...which) => runningCheckouts(client, config.TEMPORAL_TASK_QUEUE, ...which),
      startProcess: (process) => startMoneyProcess(client, config.TEMPORAL_TASK_QUEUE, process),
      putPayoutSchedule: (schedule) => putPayoutSchedule(client, config.TEMPORAL_TASK_QUEUE, schedule),
    },
    reconciliationWindows: {
      ...usualWindows,
      settleSeconds: config.RECONCILIATION_SETTLE_SECONDS,
      windowSeconds: config.RECONCILIATION_WINDOW_HOURS * 3_600,
      bankDays: config.RECONCILIATION_BANK_DAYS,
    },
    ...(rates !== undefined && { rates }),
    policiesOf: policyReader(databases.identity),
    notifications: await notificationWays(config),
    ...(config.SMTP_URL !== undefined &&
      config.REPORT_MAIL_TO.length > 0 && {
        mail: {
          send: mailer({ smtpUrl: config.SMTP_URL, from: config.REPORT_MAIL_FROM, to: config.REPORT_MAIL_TO }),
          links: { apiUrl: config.PUBLIC_API_URL ?? '', temporalUi: temporalUiOf(config) },
        },
      }),
    buyerSeconds: config.PAYMENT_PAGE_MINUTES * 60,
    riskKey: Buffer.from(config.PAYSAGA_SECRETS_KEY, 'base64'),
    webhooks: {
      allowLoopback: config.WEBHOOKS_TO_LOOPBACK,
      secretsKey: Buffer.from(config.PAYSAGA_SECRETS_KEY, 'base64'),
    },
    failpoint,
  };
}

/** The workflows as one file: the one that was made before, or one made now by a process of its own, whose memory is free again. */
async function bundled({ WORKFLOW_BUNDLE: made, PAYLOAD_KEYS: keys }: WorkerConfig): Promise<WorkflowBundleOption> {
  const kind = { sealed: keys.length > 0, traced: tracing !== undefined };
  if (made !== undefined) return { codePath: bundlePath(made, kind) };
  const folder = mkdtempSync(join(tmpdir(), 'paysaga-workflows-'));
  try {
    const path = join(folder, 'workflows.js');
    const flags = ['--one', ...(kind.sealed ? ['--sealed'] : []), ...(kind.traced ? ['--traced'] : [])];
    await promisify(execFile)(process.execPath, [...process.execArgv, join(__dirname, 'bundle.ts'), path, ...flags]);
    return { code: readFileSync(bundlePath(path, kind), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * How many calls of a second the PSP gets from workflows that don't wait for the queue: half of all, so that refunds and payouts, which do, always
 * have the other half. A process counts them a tenth at a time.
 */
const atOnceOf = (config: WorkerConfig): number => Math.floor(config.PSP_CALLS_PER_SECOND / 2);

function firstTriesOf(config: WorkerConfig, breaker: Breaker, counts: LeasedCounts): ActivityInterceptorsFactory {
  const policy = { name: 'psp', points: atOnceOf(config), seconds: 1, leases: 10 };
  return firstTries({
    // A quarter of the steps is left for what waits for no PSP.
    abreast: Math.ceil((config.WORKER_WORKFLOW_SLOTS * 3) / 4),
    patienceMs: 1_000,
    isReachable: () => breaker.state === 'closed',
    take: async () => policy.points > 0 && (await counts.point(policy, 'calls')).has,
  });
}

/** Four workers on one connection: workflows with their own activities, the PSP's calls under their own rate limit, webhooks, and messages to people. */
async function createWorkers(
  config: WorkerConfig,
  connection: NativeConnection,
  activities: object,
  firstTries: ActivityInterceptorsFactory,
): Promise<Worker[]> {
  const workflowBundle = await bundled(config);
  const common: WorkerOptions = {
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    ...dataConverter(config.PAYLOAD_KEYS),
    ...workerSettings,
    ...(tracing !== undefined && { plugins: [tracing.plugin] }),
    // Orders may park for days: what runs goes on with the newest code, which is patched for it.
    ...(config.WORKER_BUILD_ID !== undefined && {
      workerDeploymentOptions: {
        version: { deploymentName, buildId: config.WORKER_BUILD_ID },
        useWorkerVersioning: true,
        defaultVersioningBehavior: 'AUTO_UPGRADE' as const,
      },
    }),
  };
  return Promise.all([
    Worker.create({
      ...common,
      workflowBundle,
      activities,
      interceptors: { activity: [firstTries] },
      ...workflowWorkerSettings({
        workflows: config.WORKER_WORKFLOW_SLOTS,
        activities: config.WORKER_ACTIVITY_SLOTS,
        cached: config.WORKER_CACHED_WORKFLOWS,
      }),
    }),
    Worker.create({
      ...common,
      taskQueue: pspTaskQueue(config.TEMPORAL_TASK_QUEUE),
      activities,
      maxConcurrentActivityTaskExecutions: config.WORKER_ACTIVITY_SLOTS,
      maxTaskQueueActivitiesPerSecond: config.PSP_CALLS_PER_SECOND - atOnceOf(config),
    }),
    Worker.create({
      ...common,
      taskQueue: webhookTaskQueue(config.TEMPORAL_TASK_QUEUE),
      activities,
      maxConcurrentActivityTaskExecutions: 50,
    }),
    Worker.create({
      ...common,
      taskQueue: notificationTaskQueue(config.TEMPORAL_TASK_QUEUE),
      activities,
      maxConcurrentActivityTaskExecutions: 20,
    }),
  ]);
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
});
