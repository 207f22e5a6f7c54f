import { join } from 'node:path';
import { MailCatcher } from './catcher';

/** `npm run mail-catcher`: catches mail. `MAIL_CATCHER_SMTP_PORT`, `MAIL_CATCHER_PORT` and `PAYSAGA_HOME` say where. */
async function main(): Promise<void> {
  const catcher = new MailCatcher(join(process.env['PAYSAGA_HOME'] ?? '.paysaga', 'mail'));
  const { smtpPort, httpPort } = await catcher.listen(
    Number(process.env['MAIL_CATCHER_SMTP_PORT'] ?? '1025'),
    Number(process.env['MAIL_CATCHER_PORT'] ?? '8025'),
  );
  console.log(`mail to smtp://127.0.0.1:${String(smtpPort)} is shown on http://127.0.0.1:${String(httpPort)}`);
  const stop = (): void => void catcher.close().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
