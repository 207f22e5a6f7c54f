import { join } from 'node:path';
import { Sandbox } from './server';

/**
 * `npm run sandbox`: the PSP stand-in on its own. `PSP_SANDBOX_PORT` and `PAYSAGA_HOME` say where; `PSP_SANDBOX_WEBHOOK_URL` and
 * `PSP_SANDBOX_WEBHOOK_SECRET` whom it tells, `PSP_SANDBOX_WEBHOOK_EVENTS` of what (types with commas between; unset: everything).
 */
async function main(): Promise<void> {
  const sandbox = new Sandbox(join(process.env['PAYSAGA_HOME'] ?? '.paysaga', 'sandbox', 'state.jsonl'));
  const { PSP_SANDBOX_WEBHOOK_URL: url, PSP_SANDBOX_WEBHOOK_SECRET: secret } = process.env;
  const events = process.env['PSP_SANDBOX_WEBHOOK_EVENTS']?.split(',');
  if (url !== undefined && secret !== undefined)
    sandbox.setWebhookEndpoint({ url, secret, account: null, ...(events !== undefined && { events }) });
  const port = await sandbox.listen(Number(process.env['PSP_SANDBOX_PORT'] ?? '12111'));
  console.log(`PSP sandbox on http://127.0.0.1:${String(port)}`);
  const stop = (): void => void sandbox.close().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
