import { ConfigError, readPeopleConfig } from '../config';
import { createHttpServer } from '../api/http-server';
import { createLogger } from '../log';
import { openDatabase } from '../prisma/database';
import { forgetExpiredSignIns } from '../prisma/people';
import { createPeopleApp } from './app';
import { createAuth } from './auth';
import { ensureFirstOperator } from './first-operator';
import { peopleMails } from './mails';
import { peopleMetrics } from './metrics';
import { noSessionCache, redisSessionCache } from './session-cache';
import type { PeopleDependencies } from './visit';

const tidyEveryMs = 3_600_000;

/** The composition root of the sign-in service: `npm run people`. */
async function main(): Promise<void> {
  const config = readPeopleConfig();
  const logger = createLogger('people', config.LOG_LEVEL);
  const people = openDatabase('people', config.PEOPLE_DATABASE_URL, 'everything', (error) =>
    logger.warn({ err: error }, 'a database connection broke'),
  );
  const mails = peopleMails({ smtpUrl: config.SMTP_URL, from: config.NOTIFICATION_MAIL_FROM }, logger);
  const publicUrl = config.PEOPLE_URL.replace(/\/+$/, '');
  const { PEOPLE_SECRET: oldest, PEOPLE_SECRETS: secrets, OIDC_AUDIENCE: audience } = config;
  const secret = secrets[0]?.value ?? oldest;
  const sessions =
    config.PEOPLE_SESSION_CACHE_URL === undefined
      ? noSessionCache
      : redisSessionCache(config.PEOPLE_SESSION_CACHE_URL, secret, logger);
  const locks = {
    most: config.PEOPLE_TRIES,
    withinSeconds: config.PEOPLE_LOCK_SECONDS,
    lockedSeconds: config.PEOPLE_LOCK_SECONDS,
  };
  const dependencies: PeopleDependencies = {
    people,
    sessions,
    auth: createAuth({ database: people, publicUrl, audience, secret: oldest, secrets, locks, mails, logger }),
    logger,
    mails,
    metrics: peopleMetrics(),
    publicUrl,
    audience,
    client: { id: config.OIDC_CLIENT_ID, secret: config.OIDC_CLIENT_SECRET },
    apiUrl: config.API_URL.replace(/\/+$/, ''),
    secret,
    ...(config.VAPID_PUBLIC_KEY !== undefined && { pushKey: config.VAPID_PUBLIC_KEY }),
    registration: config.PEOPLE_REGISTRATION,
    trustedProxies: config.TRUSTED_PROXIES,
    locks,
    triesPerMinute: config.PEOPLE_TRIES_PER_MINUTE,
    secondFactorSeconds: config.OIDC_MFA_MAX_AGE_SECONDS,
  };
  const { PEOPLE_FIRST_OPERATOR: first, PEOPLE_FIRST_OPERATOR_PASSWORD: password } = config;
  if (first !== undefined && password !== undefined) await ensureFirstOperator(dependencies, first, password);
  const server = createHttpServer(createPeopleApp(dependencies));
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(config.PEOPLE_PORT, config.PEOPLE_HOST, resolve),
  );
  logger.info({ port: config.PEOPLE_PORT }, 'sign-in service ready');
  const tidying = setInterval(() => {
    forgetExpiredSignIns(people).catch((error: unknown) =>
      logger.warn({ err: error }, 'what has run out could not be taken away'),
    );
  }, tidyEveryMs);
  const stop = (): void => {
    clearInterval(tidying);
    server.close(() => void Promise.all([people.$disconnect(), sessions.close()]).then(() => process.exit(0)));
    server.closeIdleConnections();
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
});
