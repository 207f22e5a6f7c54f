// First, so that it sees what is loaded after it.
import { tracing } from '../tracing';
import { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Client, Connection } from '@temporalio/client';
import { ConfigError, readApiConfig, serviceUrls, temporalUiOf } from '../config';
import { failpoints } from '../failpoint';
import { createLogger } from '../log';
import { closeDatabases, openDatabases } from '../prisma/database';
import { connectionOptions } from '../temporal/connection';
import { dataConverter } from '../temporal/data-converter';
import { createApp } from './app';
import { BehindAnswers } from './behind-answers';
import { createHttpServer } from './http-server';
import { RateLimits } from './limits';
import { operatorTokens } from './operator-token';

const drainMs = 15_000;
const temporalPatienceMs = 500;

/** The composition root of the API process: `npm run api`. */
async function main(): Promise<void> {
  const config = readApiConfig();
  const logger = createLogger('api', config.LOG_LEVEL);
  const databases = openDatabases(serviceUrls(config), 'one_merchant', (error) =>
    logger.warn({ err: error }, 'a database connection broke'),
  );
  // Lazy: without Temporal the API still starts and accepts; the sweeper starts what is stored.
  const connection = Connection.lazy(connectionOptions(config));
  const temporal = new Client({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    ...dataConverter(config.PAYLOAD_KEYS),
    ...(tracing !== undefined && { plugins: [tracing.plugin] }),
  });
  const draining = new AbortController();
  const limits = new RateLimits(
    config.IDENTITY_DATABASE_URL,
    {
      readsPerMinute: config.RATE_LIMIT_READS_PER_MINUTE,
      writesPerMinute: config.RATE_LIMIT_WRITES_PER_MINUTE,
      checkoutsPerBuyerPer10Minutes: config.RATE_LIMIT_CHECKOUTS_PER_BUYER,
      checkoutsPerAddressPer10Minutes: config.RATE_LIMIT_CHECKOUTS_PER_ADDRESS,
      cardsPerCheckoutPerHour: config.RATE_LIMIT_CARDS_PER_CHECKOUT,
    },
    (error) => logger.warn({ err: error }, 'a connection of the rate limits broke'),
  );
  const secretsKey = Buffer.from(config.PAYSAGA_SECRETS_KEY, 'base64');
  const { app, drain } = createApp(
    {
      databases,
      temporal,
      taskQueue: config.TEMPORAL_TASK_QUEUE,
      logger,
      limits,
      behindAnswers: new BehindAnswers(),
      fxMaxAgeMs: config.FX_RATES_MAX_AGE_HOURS * 3_600_000,
      webhooks: { allowLoopback: config.WEBHOOKS_TO_LOOPBACK },
      operators: operatorTokens(config),
      temporalPatienceMs,
      draining: draining.signal,
      failpoint: failpoints(config.PAYSAGA_FAILPOINTS),
      secretsKey,
      trustedProxies: config.TRUSTED_PROXIES,
      temporalUi: temporalUiOf(config),
      publicUrl: config.PUBLIC_API_URL ?? `http://${config.API_HOST}:${String(config.API_PORT)}`,
    },
    {
      secrets: [
        config.STRIPE_WEBHOOK_SECRET,
        config.STRIPE_WEBHOOK_SECRET_PREVIOUS,
        config.STRIPE_CONNECT_WEBHOOK_SECRET,
      ].filter((secret) => secret !== undefined),
      secretsKey,
    },
  );
  const server = createHttpServer(app);
  const answering = trackAnswers(server);
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(config.API_PORT, config.API_HOST, resolve),
  );
  logger.info({ port: config.API_PORT }, 'API ready');
  process.send?.('ready');

  // What was accepted is answered; who waits for an outcome gets how it stands, and may ask again elsewhere.
  const stop = (): void => {
    logger.info('draining');
    draining.abort();
    const force = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(force);
      // The connection to Temporal ends with the process: closed before, a call that waits for its next try would throw in its timer.
      void drain()
        .then(() => Promise.all([closeDatabases(databases), limits.close(), tracing?.end()]))
        .then(() => process.exit(0));
    });
    answering.closeAfterAnswer();
    server.closeIdleConnections();
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

/** Follows the answers being given, so that their connections can be closed with them when the process ends. */
function trackAnswers(server: Server): { closeAfterAnswer: () => void } {
  const answers = new Set<ServerResponse>();
  let closing = false;
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (closing) response.shouldKeepAlive = false;
    answers.add(response);
    response.once('close', () => answers.delete(response));
  });
  return {
    closeAfterAnswer: () => {
      closing = true;
      for (const response of answers) response.shouldKeepAlive = false;
    },
  };
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
});
