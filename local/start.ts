import { runSample } from './sample';
import { Stack } from './stack';
import { StartupError } from './startup-error';

const startedAt = Date.now();
const say = (line: string): void =>
  console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`);

const knownFlags = ['--once', '--no-sample'];

/** `npm start`: the whole stack, one sample checkout, then wait for Ctrl-C. */
async function main(): Promise<number> {
  const flags = process.argv.slice(2);
  const unknown = flags.find((flag) => !knownFlags.includes(flag));
  if (unknown !== undefined) {
    console.error(
      `unknown flag ${unknown}; there are --once (run the sample and stop) and --no-sample (start without it)`,
    );
    return 1;
  }
  const stack = await Stack.open({ say, mailCatcher: true });
  // Ctrl-C comes twice, from the terminal and from npm, which passes it on: nor does the second one end this before all parts have ended.
  const interrupted = new Promise<void>((resolve) =>
    process.on('SIGINT', () => resolve()).on('SIGTERM', () => resolve()),
  );
  let stopping = false;
  try {
    const started = await Promise.race([stack.start(), interrupted.then(() => undefined)]);
    if (started === undefined) return 130;
    say('ready');
    const ran = flags.includes('--no-sample')
      ? true
      : await Promise.race([runSample(started, console.log), interrupted.then(() => false)]);
    if (flags.includes('--once')) return ran ? 0 : 1;
    console.log(`
  API          ${started.apiUrl}   (key in .paysaga/run.json)
  Temporal UI  ${started.temporalUiUrl ?? 'your own Temporal server'}
  PSP          ${started.pspUrl === null ? 'Stripe' : `${started.pspUrl}   (its console: payments, events, fault switches)`}
  Mail         ${started.mailUrl ?? 'your own SMTP server'}${started.mailUrl === null ? '' : '   (receipts and alarms; nothing goes out)'}
${started.peopleUrl === null ? '' : `  People       ${started.peopleUrl}   (sign in: ${started.operator?.email ?? ''}, ${started.operator?.password ?? ''}; then set a second factor)\n`}  Ctrl-C stops everything; the state stays.
`);
    await interrupted;
    stopping = true;
    return 0;
  } finally {
    say(stopping ? 'stopping …' : 'stopping');
    await stack.stop();
    say('stopped');
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof StartupError ? `\n${error.message}` : error);
    process.exit(1);
  },
);
