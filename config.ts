import { isIP } from 'node:net';
import { z } from 'zod';
import { readFailpoints } from './failpoint';

const port = z.coerce.number().int().min(0).max(65_535);
const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `must be a URL such as ${example}` });
const postgresUrl = url(/^postgres(ql)?$/, 'postgresql://user:password@127.0.0.1:5432/paysaga');
const databaseOf = (service: string) =>
  postgresUrl.describe(`the ${service} service's connection string: its own role and password`);

/** `name:key` pairs, the names all different, each key 32 bytes in base64. */
const keyPairs = <Name>(
  names: RegExp,
  nameOf: (text: string) => Name,
  [pair, name, key]: readonly [string, string, string],
) =>
  z
    .string()
    .default('')
    .transform((text, context) => {
      const parts =
        text === '' ? [] : text.split(',').map((part) => /^([^:]*):([A-Za-z0-9+/]{43}=)$/.exec(part.trim()));
      const found = parts.flatMap((part) => {
        const [, given = '', secret = ''] = part ?? [];
        return names.test(given) ? [{ name: nameOf(given), secret }] : [];
      });
      if (found.length === parts.length && new Set(found.map((one) => one.name)).size === found.length) return found;
      context.addIssue({
        code: 'custom',
        message: `must be ${pair} pairs with commas between, each ${name} once, each ${key} 32 bytes in base64`,
      });
      return z.NEVER;
    });

const payloadKeys = keyPairs(/^[\w.-]{1,64}$/, String, ['id:key', 'id', 'key']).transform((pairs) =>
  pairs.map(({ name, secret }) => ({ id: name, key: Buffer.from(secret, 'base64') })),
);
const numberedSecrets = keyPairs(/^\d{1,6}$/, Number, ['number:secret', 'number', 'secret']).transform((pairs) =>
  pairs.map(({ name, secret }) => ({ version: name, value: secret })),
);

const temporalSchema = z.object({
  TEMPORAL_ADDRESS: z.string().min(1).describe('host:port of the Temporal server'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default').describe('the namespace, which must exist'),
  TEMPORAL_API_KEY: z.string().min(1).optional().describe('API key, for Temporal Cloud'),
  TEMPORAL_TLS_CERT: z.string().min(1).optional().describe('path of the client certificate (mTLS)'),
  TEMPORAL_TLS_KEY: z.string().min(1).optional().describe('path of its private key'),
  TEMPORAL_TASK_QUEUE: z
    .string()
    .min(1)
    .default('paysaga')
    .describe('what workers poll; those for the PSP and for webhooks are named after it'),
  PAYLOAD_KEYS: payloadKeys.describe(
    'seals what Temporal keeps: id:key, the first seals, all open; the same for API and worker; unset means plain text',
  ),
});

const databaseSchema = z.object({
  PAYMENTS_DATABASE_URL: databaseOf('payments'),
  WALLET_DATABASE_URL: databaseOf('wallet'),
  LEDGER_DATABASE_URL: databaseOf('ledger'),
  IDENTITY_DATABASE_URL: databaseOf('identity'),
  PAYOUTS_DATABASE_URL: databaseOf('payouts'),
  EVENTS_DATABASE_URL: databaseOf('events'),
  RECONCILIATION_DATABASE_URL: databaseOf('reconciliation'),
  RISK_DATABASE_URL: databaseOf('risk'),
});

const loggingSchema = z.object({
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('what is logged: this and worse'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(/^https?$/, 'http://127.0.0.1:4318')
    .optional()
    .describe('where traces go (OTLP over HTTP); unset means nowhere. The other OTEL_ variables are heard as well'),
});

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');

/** For receivers on a developer's own machine. */
const webhooksToLoopback = flag.describe(
  '"true" lets webhooks go to this machine over plain HTTP; never in production',
);

const webhookSecret = z.string().regex(/^whsec_\S{8,}$/, 'must be a signing secret, "whsec_…"');
const secretsKey = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64');

const limit = (usual: number, what: string) => z.coerce.number().int().positive().default(usual).describe(what);

/** An address, or a network of them (CIDR). */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

const list = (usual: string) =>
  z
    .string()
    .default(usual)
    .transform((text) =>
      text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    );

/** Who gets the nightly report by mail, and where settlement files may be dropped. */
const reportSchema = z.object({
  SMTP_URL: url(/^smtps?$/, 'smtps://user:password@mail.example.com:465')
    .optional()
    .describe('the mail server that messages and reports are sent through; unset means no mail'),
  NOTIFICATION_MAIL_FROM: z
    .string()
    .regex(/^\S+@\S+$/, 'must be an address such as pay@example.com')
    .default('paysaga@localhost')
    .describe("whom messages to buyers, sellers and ops are from; the name beside it is the merchant's"),
  REPORT_MAIL_FROM: z.string().min(3).default('paysaga@localhost').describe('whom its mail is from'),
  REPORT_MAIL_TO: list('').describe('who gets the nightly report; several with commas between'),
  PUBLIC_API_URL: url(/^https?$/, 'https://pay.example.com')
    .optional()
    .describe('where the links of messages and reports lead'),
  TEMPORAL_UI_URL: url(/^https?$/, 'https://temporal.example.com')
    .optional()
    .describe('where the Temporal UI is, for links to it'),
  SETTLEMENT_FOLDER: z
    .string()
    .min(1)
    .optional()
    .describe(
      'settlement files put into {folder}/{merchant}/settlement, and bank statements into …/bank, are taken up',
    ),
});

/** Shared by the processes that have gaps in which they may be killed. */
const armed = z
  .string()
  .min(1)
  .optional()
  .transform((text, context) => {
    if (text === undefined) return undefined;
    try {
      return readFailpoints(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `must be failpoints as JSON: ${String(error)}` });
      return z.NEVER;
    }
  })
  .describe('for fault tests only: gaps in which the process is killed, as JSON (see failpoint.ts)');

/** Where operators sign in as people. */
const operatorSchema = z.object({
  OIDC_ISSUER: url(/^https?$/, 'https://login.example.com')
    .optional()
    .describe('where operators sign in (OpenID Connect); unset means that API keys act for them'),
  OIDC_AUDIENCE: z.string().min(1).optional().describe('what their tokens must be made for; needed with OIDC_ISSUER'),
  OIDC_ROLES_CLAIM: z.string().min(1).default('roles').describe('the claim that holds their roles'),
  OIDC_MERCHANTS_CLAIM: z
    .string()
    .min(1)
    .default('paysaga_merchants')
    .describe('the claim that holds the merchants they may act for; "*" for all'),
  OIDC_SELLERS_CLAIM: z
    .string()
    .min(1)
    .default('paysaga_sellers')
    .describe('the claim that holds which sellers somebody is, each as merchant/seller'),
  OIDC_MFA_METHODS: list('mfa,otp,hwk,swk').describe('values of "amr" that show a second factor'),
  OIDC_MFA_CLASSES: list('').describe('values of "acr" that do'),
  OIDC_MFA_MAX_AGE_SECONDS: limit(
    900,
    'by "auth_time": what changes something asks for the second factor again when it was shown longer ago',
  ),
  OIDC_CLIENT_ID: z.string().min(1).default('paysaga-api').describe('as whom the issuer is asked about tokens'),
  OIDC_CLIENT_SECRET: z
    .string()
    .min(16)
    .optional()
    .describe(
      'set, the issuer is asked whether a token still holds (RFC 7662); unset, a token holds until it runs out',
    ),
});
const hasAudience = ({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience }: z.infer<typeof operatorSchema>): boolean =>
  issuer === undefined || audience !== undefined;
const audienceNeeded = { path: ['OIDC_AUDIENCE'], message: 'is needed with OIDC_ISSUER' };

const apiSchema = temporalSchema
  .extend(databaseSchema.shape)
  .extend(loggingSchema.shape)
  .extend(operatorSchema.shape)
  .extend({
    API_PORT: port.default(8080).describe('where it listens'),
    API_HOST: z.string().min(1).default('127.0.0.1').describe('on which address; 0.0.0.0 in a container'),
    TRUSTED_PROXIES: list('')
      .refine((proxies) => proxies.every(isNetwork), 'must be addresses or networks, such as "10.0.0.0/8,192.0.2.7"')
      .describe(
        'addresses and networks of the proxies in front of it, such as 10.0.0.0/8: whose word of where a call came from is written down',
      ),
    PUBLIC_API_URL: url(/^https?$/, 'https://pay.example.com')
      .optional()
      .describe('where buyers reach this API: a checkout without a return_url sends them to a plain page of it'),
    TEMPORAL_UI_URL: reportSchema.shape.TEMPORAL_UI_URL,
    STRIPE_WEBHOOK_SECRET: webhookSecret.describe("signs the default merchant's webhooks"),
    STRIPE_WEBHOOK_SECRET_PREVIOUS: webhookSecret
      .optional()
      .describe('the secret before, still accepted while it is being changed'),
    STRIPE_CONNECT_WEBHOOK_SECRET: webhookSecret
      .optional()
      .describe("signs events about sellers' connected accounts, where those have an endpoint of their own"),
    PAYSAGA_SECRETS_KEY: secretsKey.describe(
      "seals other merchants' PSP keys and webhook secrets, and what else must not be read in the database: 32 bytes in base64",
    ),
    WEBHOOKS_TO_LOOPBACK: webhooksToLoopback,
    PAYSAGA_FAILPOINTS: armed,
    RATE_LIMIT_READS_PER_MINUTE: limit(60_000, 'of one API key, per group of routes'),
    RATE_LIMIT_WRITES_PER_MINUTE: limit(6_000, 'of one API key, per group of routes'),
    RATE_LIMIT_CHECKOUTS_PER_BUYER: limit(60, 'of one buyer of a merchant, in 10 minutes'),
    RATE_LIMIT_CHECKOUTS_PER_ADDRESS: limit(300, 'of one IP address of buyers of a merchant, in 10 minutes'),
    RATE_LIMIT_CARDS_PER_CHECKOUT: limit(10, 'tried on one checkout, in an hour'),
    FX_RATES_MAX_AGE_HOURS: limit(
      144,
      'nothing is quoted by exchange rates that are older; six days outlast the longest holidays of a central bank',
    ),
  })
  .refine(hasAudience, audienceNeeded);

const codecSchema = loggingSchema
  .extend(operatorSchema.shape)
  .extend({
    CODEC_PORT: port.default(8085).describe('where the codec server listens'),
    CODEC_HOST: z.string().min(1).default('127.0.0.1').describe('on which address; 0.0.0.0 in a container'),
    CODEC_UI_ORIGINS: list('http://127.0.0.1:8233,http://localhost:8233').describe(
      'the exact origins of the Temporal UI, whose pages may ask for plain text',
    ),
    CODEC_MERCHANT: z.string().min(1).default('default').describe('whose operators may read payloads: the platform'),
    CODEC_TLS: flag.describe(
      '"true" where browsers reach it by https: its cookie is then for the Temporal UI\'s site as well',
    ),
    IDENTITY_DATABASE_URL: databaseOf('identity'),
    PAYSAGA_SECRETS_KEY: secretsKey.describe('seals the cookies of who has signed in'),
    PAYLOAD_KEYS: temporalSchema.shape.PAYLOAD_KEYS,
  })
  .refine(hasAudience, audienceNeeded);

/** Where all events go besides the merchants' own webhooks. */
const kafkaSchema = z.object({
  KAFKA_BROKERS: list('')
    .refine((brokers) => brokers.every((broker) => /^[^\s:/]+:\d{1,5}$/.test(broker)), {
      error: 'must be host:port, several with commas between',
    })
    .describe('host:port of some brokers of a Kafka cluster that all events go to; empty means none'),
  KAFKA_TOPIC: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,249}$/, 'must be a topic name')
    .default('paysaga.events')
    .describe('the topic of all events'),
  KAFKA_TLS: flag.describe('"true" connects to the brokers with TLS'),
  KAFKA_SASL_MECHANISM: z
    .enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
    .default('SCRAM-SHA-512')
    .describe('how it signs in there'),
  KAFKA_SASL_USERNAME: z.string().min(1).optional().describe('unset means no sign-in'),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional().describe('needed with KAFKA_SASL_USERNAME'),
});

/** By which ways people are written to besides mail. */
const notificationSchema = z.object({
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/, 'must be the SID of an account, "AC…"')
    .optional()
    .describe('the account at Twilio that SMS are sent through; unset means no SMS'),
  TWILIO_AUTH_TOKEN: z.string().min(1).optional().describe('its secret; needed with TWILIO_ACCOUNT_SID'),
  TWILIO_FROM: z
    .string()
    .regex(/^(\+[1-9]\d{6,14}|MG[0-9a-f]{32})$/, 'must be a number such as +15005550006, or a messaging service, "MG…"')
    .optional()
    .describe('the number or messaging service that SMS are from; needed with TWILIO_ACCOUNT_SID'),
  TWILIO_API_URL: url(/^https?$/, 'http://127.0.0.1:12112')
    .optional()
    .describe("a region's host, or a stand-in; unset means Twilio's own"),
  VAPID_PUBLIC_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{87}$/, 'must be a public key in base64url, as `npx web-push generate-vapid-keys` prints it')
    .optional()
    .describe('signs web pushes (RFC 8292); unset means that there are none'),
  VAPID_PRIVATE_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'must be a private key in base64url')
    .optional()
    .describe('its private key; needed with VAPID_PUBLIC_KEY'),
  VAPID_SUBJECT: url(/^(https|mailto)$/, 'mailto:ops@example.com')
    .optional()
    .describe('where push services turn to; needed with VAPID_PUBLIC_KEY'),
});

/** Where exchange rates come from. */
const ratesSchema = z.object({
  FX_RATES_FROM: z
    .string()
    .min(1)
    .optional()
    .describe('where exchange rates are read: a URL, or a folder of such files; unset means that there are none'),
  FX_RATES_FORMAT: z
    .enum(['ecb', 'json'])
    .default('ecb')
    .describe("the European Central Bank's file, or JSON with base, rates and date or timestamp"),
  FX_RATES_NAME: z
    .string()
    .regex(/^[a-z0-9._-]{1,40}$/, 'must be 1 to 40 characters of a-z, 0-9, ".", "_" and "-"')
    .default('json')
    .describe('what the source is called where its format is json'),
  FX_RATES_TOKEN: z.string().min(1).optional().describe('sent to it as a bearer token'),
});

const allOrNone = (...values: readonly unknown[]): boolean =>
  values.every((value) => value === undefined) || values.every((value) => value !== undefined);

const workerSchema = temporalSchema
  .extend(databaseSchema.shape)
  .extend(loggingSchema.shape)
  .extend(kafkaSchema.shape)
  .extend(reportSchema.shape)
  .extend(ratesSchema.shape)
  .extend(notificationSchema.shape)
  .extend({
    STRIPE_SECRET_KEY: z.string().min(1).describe("the default merchant's key"),
    STRIPE_API_URL: url(/^https?$/, 'http://127.0.0.1:12111')
      .optional()
      .describe("a stand-in that speaks Stripe's protocol; unset means Stripe itself"),
    PAYSAGA_SECRETS_KEY: secretsKey.describe("seals other merchants' PSP keys"),
    WEBHOOKS_TO_LOOPBACK: webhooksToLoopback,
    WORKFLOW_BUNDLE: z
      .string()
      .min(1)
      .optional()
      .describe(
        'path of the workflows, bundled before by the same version; unset means that they are bundled at the start',
      ),
    RECONCILIATION_SETTLE_SECONDS: z.coerce
      .number()
      .int()
      .min(0)
      .max(86_400)
      .default(3_600)
      .describe('for so long a movement of ours may be without its line, or a line without our booking'),
    RECONCILIATION_WINDOW_HOURS: z.coerce
      .number()
      .int()
      .min(0)
      .max(240)
      .default(48)
      .describe("so late the PSP's line of a day may come"),
    RECONCILIATION_BANK_DAYS: z.coerce
      .number()
      .int()
      .min(0)
      .max(30)
      .default(5)
      .describe('so many days a payout may take to the bank'),
    PAYMENT_PAGE_MINUTES: z.coerce
      .number()
      .min(1)
      .max(1_440)
      .default(1_440)
      .describe("how long a buyer has to pay on the PSP's page"),
    PSP_CALLS_PER_SECOND: z.coerce
      .number()
      .positive()
      .default(80)
      .describe(
        'all workers together, half of them for calls that wait for no queue; Stripe takes 100 in live mode, 25 in test mode',
      ),
    WORKER_BUILD_ID: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be the name of a release, such as 1.4.0')
      .optional()
      .describe(
        'the release: workers then belong to the deployment "paysaga", and get work when it is made current (`npm run release`)',
      ),
    WORKER_ACTIVITY_SLOTS: limit(
      100,
      'activities that one worker works on at once; its calls to the PSP have as many again',
    ),
    WORKER_WORKFLOW_SLOTS: limit(40, 'steps of workflows that one worker works on at once'),
    WORKER_CACHED_WORKFLOWS: limit(
      1_000,
      'runs that one worker keeps in memory; others are read from their histories again when they go on',
    ),
    METRICS_ADDRESS: z
      .string()
      .regex(/^[^\s:]+:\d{1,5}$/, 'must be host:port')
      .optional()
      .describe("where Prometheus reads the worker's metrics, such as 0.0.0.0:9464; unset means nowhere"),
    PAYSAGA_FAILPOINTS: armed,
  })
  .refine(
    ({ KAFKA_SASL_USERNAME: name, KAFKA_SASL_PASSWORD: password }) => (name === undefined) === (password === undefined),
    {
      path: ['KAFKA_SASL_PASSWORD'],
      message: 'and KAFKA_SASL_USERNAME are needed together',
    },
  )
  .refine((config) => allOrNone(config.TWILIO_ACCOUNT_SID, config.TWILIO_AUTH_TOKEN, config.TWILIO_FROM), {
    path: ['TWILIO_ACCOUNT_SID'],
    message: 'TWILIO_AUTH_TOKEN and TWILIO_FROM are needed together',
  })
  .refine((config) => allOrNone(config.VAPID_PUBLIC_KEY, config.VAPID_PRIVATE_KEY, config.VAPID_SUBJECT), {
    path: ['VAPID_PUBLIC_KEY'],
    message: 'VAPID_PRIVATE_KEY and VAPID_SUBJECT are needed together',
  });

const peopleDatabase = postgresUrl.describe(
  "the sign-in service's connection string: its own role and password; only it and migrate need it",
);

/** The sign-in service. */
const peopleSchema = loggingSchema.extend({
  PEOPLE_PORT: port.default(8090).describe('where the sign-in service listens'),
  PEOPLE_HOST: z.string().min(1).default('127.0.0.1').describe('on which address; 0.0.0.0 in a container'),
  PEOPLE_URL: url(/^https?$/, 'https://people.example.com').describe(
    'where browsers reach it; it is the issuer of its tokens, so it is also the OIDC_ISSUER of API and codec server',
  ),
  PEOPLE_DATABASE_URL: peopleDatabase,
  PEOPLE_SECRET: secretsKey.describe(
    'signs its cookies, and seals authenticators and signing keys: 32 bytes in base64',
  ),
  PEOPLE_SECRETS: numberedSecrets.describe(
    'to change PEOPLE_SECRET, which stays as it is for what it has sealed: number:secret, the first signs and seals, all open',
  ),
  PEOPLE_REGISTRATION: z
    .enum(['open', 'closed'])
    .default('open')
    .describe(
      '"closed" lets nobody register: people are invited. Who has registered may do nothing until given a role',
    ),
  PEOPLE_FIRST_OPERATOR: z
    .string()
    .regex(/^\S+@\S+$/, 'must be an address such as ada@example.com')
    .optional()
    .describe('made with every role when nobody is there yet'),
  PEOPLE_FIRST_OPERATOR_PASSWORD: z
    .string()
    .min(12)
    .optional()
    .describe('their password; the first sign-in sets the second factor'),
  PEOPLE_SESSION_CACHE_URL: url(/^rediss?$/, 'redis://:password@redis:6379/0')
    .optional()
    .describe('a Redis that remembers sessions for a minute; unset, each page reads them from Postgres'),
  PEOPLE_TRIES: limit(10, 'wrong passwords, or codes, in a row after which nothing more is tried for a while'),
  PEOPLE_LOCK_SECONDS: limit(900, 'how long that is'),
  PEOPLE_TRIES_PER_MINUTE: limit(30, 'from one IP address, on the pages where something might be guessed'),
  VAPID_PUBLIC_KEY: notificationSchema.shape.VAPID_PUBLIC_KEY,
  OIDC_MFA_MAX_AGE_SECONDS: operatorSchema.shape.OIDC_MFA_MAX_AGE_SECONDS,
  API_URL: url(/^https?$/, 'http://api:8080').describe('where it reaches the API, for what its pages show and do'),
  OIDC_AUDIENCE: z
    .string()
    .min(1)
    .default('paysaga')
    .describe(operatorSchema.shape.OIDC_AUDIENCE.description ?? ''),
  OIDC_CLIENT_ID: operatorSchema.shape.OIDC_CLIENT_ID,
  OIDC_CLIENT_SECRET: z
    .string()
    .min(16)
    .describe(operatorSchema.shape.OIDC_CLIENT_SECRET.description ?? ''),
  SMTP_URL: url(/^smtps?$/, 'smtps://user:password@mail.example.com:465').describe(
    reportSchema.shape.SMTP_URL.description ?? '',
  ),
  NOTIFICATION_MAIL_FROM: reportSchema.shape.NOTIFICATION_MAIL_FROM,
  TRUSTED_PROXIES: apiSchema.shape.TRUSTED_PROXIES,
});

const migrateSchema = databaseSchema.extend({
  DATABASE_URL: postgresUrl.describe('a role that owns the database and may create roles'),
  PEOPLE_DATABASE_URL: peopleDatabase.optional(),
});

const adminSchema = databaseSchema.extend({
  PAYSAGA_SECRETS_KEY: secretsKey.describe("seals merchants' PSP secrets"),
});

export type ApiConfig = z.infer<typeof apiSchema>;
export type WorkerConfig = z.infer<typeof workerSchema>;
export type OperatorConfig = z.infer<typeof operatorSchema>;
export type MigrateConfig = z.infer<typeof migrateSchema>;
export type TemporalConfig = z.infer<typeof temporalSchema>;

/** Which process reads what; their tables in the docs are made of these. */
const processes = {
  api: apiSchema,
  worker: workerSchema,
  codec: codecSchema,
  people: peopleSchema,
  migrate: migrateSchema,
  admin: adminSchema,
} as const;
export type ConfiguredProcess = keyof typeof processes;

/** A variable of the environment, as the docs tell of it. */
export interface ConfigVariable {
  readonly name: string;
  readonly description: string;
  /** As text; nothing for what must be set, or may be left out. */
  readonly usual: string | undefined;
  readonly required: boolean;
  readonly readBy: readonly ConfiguredProcess[];
}

/** Every variable that any process reads, by name. */
export function configVariables(): ConfigVariable[] {
  const names = Object.entries(processes) as [ConfiguredProcess, z.ZodObject][];
  const found = new Map<string, ConfigVariable>();
  for (const [process, schema] of names)
    for (const [name, field] of Object.entries(schema.shape) as [string, z.ZodType][]) {
      const earlier = found.get(name);
      const usual = field.safeParse(undefined);
      const left = usual.success ? textOf(usual.data) : undefined;
      found.set(name, {
        name,
        description: earlier?.description ?? field.description ?? '',
        usual: left,
        required: !usual.success,
        readBy: [...(earlier?.readBy ?? []), process],
      });
    }
  return [...found.values()];
}

/** As it would be written into the environment; nothing for an empty list. */
function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const words = (Array.isArray(value) ? value : [value]) as readonly unknown[];
  const text = words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(',');
  return text === '' ? undefined : text;
}

/** A start refused for its configuration: names each variable and what would be right, and never shows a value. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

function read<Schema extends z.ZodType>(schema: Schema, env: NodeJS.ProcessEnv): z.infer<Schema> {
  const result = schema.safeParse(env);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return env[name] === undefined ? `${name} is missing` : `${name} ${issue.message}`;
    }),
  );
}

/** Reads what one of the processes reads, as it does at its start. @throws ConfigError */
export const readConfigOf = (process: ConfiguredProcess, env: NodeJS.ProcessEnv): unknown =>
  read(processes[process], env);
export const readApiConfig = (env: NodeJS.ProcessEnv = process.env): ApiConfig => read(apiSchema, env);
export const readWorkerConfig = (env: NodeJS.ProcessEnv = process.env): WorkerConfig => read(workerSchema, env);
/** What the codec server needs. */
export const readCodecConfig = (env: NodeJS.ProcessEnv = process.env): z.infer<typeof codecSchema> =>
  read(codecSchema, env);
export type PeopleConfig = z.infer<typeof peopleSchema>;
/** What the sign-in service needs. */
export const readPeopleConfig = (env: NodeJS.ProcessEnv = process.env): PeopleConfig => read(peopleSchema, env);
/** What talking to Temporal needs. */
export const readTemporalConfig = (env: NodeJS.ProcessEnv = process.env): TemporalConfig => read(temporalSchema, env);
/** What reading the ledger needs. */
export const readLedgerConfig = (env: NodeJS.ProcessEnv): z.infer<typeof databaseSchema> => read(databaseSchema, env);
/** What changing merchants and keys needs. */
export const readAdminConfig = (env: NodeJS.ProcessEnv): z.infer<typeof adminSchema> => read(adminSchema, env);
export const readMigrateConfig = (env: NodeJS.ProcessEnv = process.env): MigrateConfig => read(migrateSchema, env);

/** The services' connection strings, by service. */
export const serviceUrls = (config: z.infer<typeof databaseSchema>) => ({
  payments: config.PAYMENTS_DATABASE_URL,
  wallet: config.WALLET_DATABASE_URL,
  ledger: config.LEDGER_DATABASE_URL,
  identity: config.IDENTITY_DATABASE_URL,
  payouts: config.PAYOUTS_DATABASE_URL,
  events: config.EVENTS_DATABASE_URL,
  reconciliation: config.RECONCILIATION_DATABASE_URL,
  risk: config.RISK_DATABASE_URL,
});

/** The page of a namespace in the Temporal UI, for links; null where nobody has said where that is. */
export const temporalUiOf = (config: {
  readonly TEMPORAL_UI_URL?: string | undefined;
  readonly TEMPORAL_NAMESPACE: string;
}): string | null =>
  config.TEMPORAL_UI_URL === undefined
    ? null
    : `${config.TEMPORAL_UI_URL.replace(/\/+$/, '')}/namespaces/${config.TEMPORAL_NAMESPACE}`;
