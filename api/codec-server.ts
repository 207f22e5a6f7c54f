import { ConfigError, readCodecConfig } from '../config';
import { createLogger } from '../log';
import { openDatabase } from '../prisma/database';
import { EncryptionCodec } from '../temporal/payload-codec';
import { createCodecApp, sessionKeyOf } from './codec';
import { createHttpServer } from './http-server';
import { operatorTokens } from './operator-token';

/** The composition root of the codec server: `npm run codec`. */
async function main(): Promise<void> {
  const config = readCodecConfig();
  const logger = createLogger('codec', config.LOG_LEVEL);
  const identity = openDatabase('identity', config.IDENTITY_DATABASE_URL, 'one_merchant', (error) =>
    logger.warn({ err: error }, 'a database connection broke'),
  );
  const [first, ...others] = config.PAYLOAD_KEYS;
  if (first === undefined) throw new ConfigError(['PAYLOAD_KEYS is missing: there is nothing to decode']);
  const app = createCodecApp({
    identity,
    operators: operatorTokens(config),
    logger,
    codec: new EncryptionCodec([first, ...others]),
    sessionKey: sessionKeyOf(Buffer.from(config.PAYSAGA_SECRETS_KEY, 'base64')),
    uiOrigins: config.CODEC_UI_ORIGINS,
    merchantId: config.CODEC_MERCHANT,
    secure: config.CODEC_TLS,
  });
  const server = createHttpServer(app);
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(config.CODEC_PORT, config.CODEC_HOST, resolve),
  );
  logger.info({ port: config.CODEC_PORT }, 'codec server ready');
  const stop = (): void => {
    server.close(() => void identity.$disconnect().then(() => process.exit(0)));
    server.closeIdleConnections();
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
});
