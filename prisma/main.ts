import { ConfigError, readMigrateConfig, serviceUrls } from '../config';
import { applyMigrations, setServicePasswords } from './migrate';

/** `npm run migrate`: brings the database of `DATABASE_URL` up to date and sets the service roles' passwords. */
async function main(): Promise<void> {
  const config = readMigrateConfig();
  const applied = await applyMigrations(config.DATABASE_URL);
  await setServicePasswords(config.DATABASE_URL, {
    ...serviceUrls(config),
    ...(config.PEOPLE_DATABASE_URL !== undefined && { people: config.PEOPLE_DATABASE_URL }),
  });
  console.log(applied.length === 0 ? 'the database is up to date' : `applied: ${applied.join(', ')}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
});
