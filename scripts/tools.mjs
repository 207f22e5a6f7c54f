// Where programs that aren't npm packages are found. Shared by the bootstrap script, the local stack and the tests.
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export const temporalVersion = '1.5.1';
export const stripeMockVersion = '0.203.0';
export const kafkaVersion = '4.1.0';
export const toxiproxyVersion = '2.12.0';

/** The user's cache folder: shared by all clones, never inside one. */
export const cacheFolder = join(
  process.env.XDG_CACHE_HOME ||
    (process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache')),
  'paysaga',
);

const isProgram = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The first program of that name on PATH. */
export function findOnPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isProgram);
}

/** The Temporal CLI: TEMPORAL_CLI_PATH, PATH, our cache, the SDK's download. Nothing when there is none. */
export function findTemporal() {
  if (process.env.TEMPORAL_CLI_PATH) return process.env.TEMPORAL_CLI_PATH;
  const downloaded = existsSync(cacheFolder)
    ? readdirSync(cacheFolder)
        .filter((name) => name.startsWith('temporal-'))
        .map((name) => join(cacheFolder, name))
    : [];
  return (
    findOnPath('temporal') ??
    [join(cacheFolder, 'temporal'), ...downloaded].find((path) => existsSync(path) && isProgram(path))
  );
}

/** stripe-mock: STRIPE_MOCK_PATH, PATH, our cache. */
export function findStripeMock() {
  return (
    process.env.STRIPE_MOCK_PATH ?? findOnPath('stripe-mock') ?? [join(cacheFolder, 'stripe-mock')].find(isProgram)
  );
}

/** toxiproxy's server: TOXIPROXY_PATH, PATH, our cache. */
export function findToxiproxy() {
  return (
    process.env.TOXIPROXY_PATH ??
    findOnPath('toxiproxy-server') ??
    [join(cacheFolder, 'toxiproxy-server')].find(isProgram)
  );
}

/** Stripe's OpenAPI document, as it comes with stripe-mock. */
export const stripeOpenApi = join(cacheFolder, `stripe-openapi-${stripeMockVersion}.json`);

/** Where the jars of a Kafka broker are kept, for the tests. */
export const kafkaJars = join(cacheFolder, `kafka-${kafkaVersion}`);

/** What runs a Kafka broker: Java and the broker's jars. Nothing when either is missing. */
export function findKafka() {
  const java = findOnPath('java');
  return java !== undefined && existsSync(join(kafkaJars, 'complete')) ? { java, jars: kafkaJars } : undefined;
}

/** A Redis, for the test of what the sign-in service remembers there: `REDIS_PATH`, else one on PATH. */
export function findRedis() {
  return process.env.REDIS_PATH ?? findOnPath('redis-server') ?? findOnPath('valkey-server');
}

/** Where `playwright-core install` puts a browser of ours. */
export const browsersFolder = join(cacheFolder, 'browsers');

/** A Chromium or Chrome: `CHROMIUM_PATH`, else one on PATH, else the one in our cache folder. Nothing when there is none. */
export function findChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']) {
    const found = findOnPath(name);
    if (found !== undefined) return found;
  }
  const installed = existsSync(browsersFolder) ? readdirSync(browsersFolder, { recursive: true }) : [];
  return installed
    .map((path) => join(browsersFolder, String(path)))
    .find((path) => /[\\/](chrome-headless-shell|headless_shell|chrome|Chromium)$/.test(path) && isProgram(path));
}
