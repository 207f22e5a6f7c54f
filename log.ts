import pino, { type Logger } from 'pino';

/** What must never be written down, wherever it turns up in a logged object. */
const secretPaths = ['authorization', 'secret', 'password', 'apiKey', 'card', 'email'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/** JSON lines on standard output, with secrets and personal fields blanked out. */
export function createLogger(name: string, level: string): Logger {
  return pino({
    name,
    level,
    // Temporal's SDK says `error` for what pino calls `err`.
    serializers: { error: pino.stdSerializers.err },
    redact: { paths: secretPaths, censor: '[redacted]' },
  });
}

export type { Logger };
