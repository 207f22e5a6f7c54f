import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engineGlue from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { schemaNames, type SchemaUrls, type ServiceUrls } from './services';

const migrationsDirectory = join(__dirname, 'migrations');
const noFilters = { externalTables: [], externalEnums: [] };

type SqlAdapter = Awaited<ReturnType<PrismaPg['connect']>>;

/**
 * The pg adapter splits scripts at every semicolon, which tears functions with `$$` bodies apart. Postgres takes a
 * whole script in one simple query, and runs it as one transaction: a migration happens wholly or not at all.
 */
class WholeScripts extends PrismaPg {
  private readonly opened: SqlAdapter[] = [];

  override async connect(): Promise<SqlAdapter> {
    const adapter = await super.connect();
    adapter.executeScript = async (script) => {
      await adapter.underlyingDriver().query(script);
    };
    this.opened.push(adapter);
    return adapter;
  }

  /** The engine's advisory lock lives as long as its connection, so the connection must not outlive the work. */
  async close(): Promise<void> {
    await Promise.all(this.opened.map((adapter) => adapter.dispose()));
  }
}

let engineLoaded = false;

/** The one call used of a global that @types/node doesn't describe. */
declare const WebAssembly: {
  instantiate(binary: Uint8Array, imports: object): Promise<{ instance: { exports: object } }>;
};

/**
 * Prisma's own schema engine, in the WebAssembly build that comes with the npm package: the same path for a laptop
 * without a network, CI and production (docs/decisions/0003).
 */
async function withEngine<Result>(
  databaseUrl: string,
  work: (engine: engineGlue.SchemaEngine) => Promise<Result>,
): Promise<Result> {
  if (!engineLoaded) {
    const binary = readFileSync(
      require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm'),
    );
    const { instance } = await WebAssembly.instantiate(binary, { './schema_engine_bg.js': { ...engineGlue } });
    const glue = engineGlue as unknown as { __wbg_set_wasm(exports: unknown): void };
    glue.__wbg_set_wasm(instance.exports);
    (instance.exports as { __wbindgen_start(): void }).__wbindgen_start();
    engineLoaded = true;
  }
  const scripts = new WholeScripts({ connectionString: databaseUrl, max: 1 });
  const datamodels: [string, string][] = [['schema.prisma', readFileSync(join(__dirname, 'schema.prisma'), 'utf8')]];
  try {
    return await work(
      await engineGlue.SchemaEngine.new({ datamodels }, () => undefined, bindMigrationAwareSqlAdapterFactory(scripts)),
    );
  } finally {
    await scripts.close();
  }
}

function migrationsList() {
  return {
    baseDir: migrationsDirectory,
    lockfile: {
      path: 'migration_lock.toml',
      content: readFileSync(join(migrationsDirectory, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: readdirSync(migrationsDirectory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
      .map((name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok' as const,
            value: readFileSync(join(migrationsDirectory, name, 'migration.sql'), 'utf8'),
          },
        },
      })),
  };
}

/**
 * Applies every migration not yet applied, in order; running it again changes nothing.
 *
 * @param ownerUrl a role that owns the database and may create roles
 * @returns the names applied now
 */
export async function applyMigrations(ownerUrl: string): Promise<string[]> {
  const { appliedMigrationNames } = await withEngine(ownerUrl, (engine) =>
    engine.applyMigrations({ migrationsList: migrationsList(), filters: noFilters }),
  );
  return appliedMigrationNames;
}

/** Gives each service's role the password that its connection string carries. */
export async function setServicePasswords(ownerUrl: string, urls: ServiceUrls & Partial<SchemaUrls>): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    for (const service of schemaNames) {
      const url = urls[service];
      if (url === undefined) continue;
      const { username, password } = new URL(url);
      if (password === '') continue;
      await client.query(
        `ALTER ROLE ${client.escapeIdentifier(username)} PASSWORD ${client.escapeLiteral(decodeURIComponent(password))}`,
      );
    }
  } finally {
    await client.end();
  }
}
