import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import pg from 'pg';
import { hashApiKey, prefixOf } from '../api/api-key-secret';
import { merchantScopes, opsScopes } from '../api/scopes';
import { closeDatabases, openDatabases } from '../prisma/database';
import { createMerchant, findMerchant, saveMerchant } from '../prisma/identity';
import { saveContact } from '../prisma/notification';
import { applyMigrations, setServicePasswords } from '../prisma/migrate';
import { schemaNames, serviceRole, type SchemaName, type SchemaUrls } from '../prisma/services';
import { subscribedEvents } from '../providers/stripe/webhook';
import { ensureDatabase, preparePostgres } from './embedded-postgres';
import { Part, type PartSpecification } from './part';
import { StartupError, wordsOf } from './startup-error';
import { choosePorts, type Ports } from './ports';
import { openHome, writeWhole, type Secrets } from './state';
import { temporalProgram } from './temporal-server';

const root = join(__dirname, '..');

/** Where the local merchant's buyers may be sent back to: this machine, and the shop of the examples. */
const localReturnUrls = 'http://127.0.0.1,http://localhost,https://shop.example';

/** Who is told of what needs somebody, until it is said otherwise. */
const localContact = {
  merchantId: 'default',
  contactId: 'ops',
  name: 'Local ops',
  email: 'ops@paysaga.localhost',
  phone: null,
  chatUrlSealed: null,
  pushSealed: null,
  locale: null,
  kinds: [],
  active: true,
};

/** Who signs in first: every role, and no second factor yet. */
const firstOperator = 'operator@paysaga.localhost';

/** What a local worker's heap may grow to: on a large machine Node would let it grow for a long time before it clears away. */
export const workerHeapFlag = '--max-old-space-size=256';

/** What `run.json` holds once the stack is ready: everything a person or a script needs to use it. */
export interface RunFile {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly opsApiKey: string;
  /** Another operator: some acts take two. */
  readonly secondOpsApiKey: string;
  readonly webhookSecret: string;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string | null;
  readonly namespace: string;
  readonly taskQueue: string;
  /** The owner's role. Each service's own role is beside it. */
  readonly databaseUrl: string;
  readonly databaseUrls: SchemaUrls;
  readonly pspUrl: string | null;
  /** Where Prometheus would read the worker's metrics; the API's are at `{apiUrl}/metrics`. */
  readonly workerMetricsUrl: string;
  /** The codec server, where PAYLOAD_KEYS are set. */
  readonly codecUrl: string | null;
  /** Where the mail that people are sent is shown instead of going out. */
  readonly mailUrl: string | null;
  /** Where people sign in, and the first of them; null without a way to send mail. */
  readonly peopleUrl: string | null;
  readonly operator: { readonly email: string; readonly password: string } | null;
  readonly pids: Readonly<
    Record<
      'supervisor' | 'postgres' | 'temporal' | 'psp' | 'worker' | 'api' | 'codec' | 'mail' | 'people',
      number | null
    >
  >;
}

/** What the environment replaces of the stack. */
interface Outside {
  readonly databaseUrl: string | undefined;
  readonly temporalAddress: string | undefined;
  readonly stripeSecretKey: string | undefined;
}

/** A part that others reach through a port of somebody else's, such as a proxy that cuts connections. */
export type Detour = (name: 'postgres' | 'psp', port: number) => Promise<number>;

export interface StackOptions {
  readonly home?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** Whether there is a mail catcher; there is none where SMTP_URL says where mail goes. */
  readonly mailCatcher?: boolean;
  /** How many workers there are, one of which has metrics. */
  readonly workers?: number;
  readonly detour?: Detour;
  /** How long a part stays away when it has died: the first time, and at most. */
  readonly pauses?: readonly [firstMs: number, longestMs: number];
  /** The worker's program, compiled: it starts in two thirds of the time. */
  readonly workerProgram?: string;
}

/** The local stack: real parts, each its own process, started in order, supervised, stopped in reverse. */
export class Stack {
  private readonly parts: Part[] = [];
  private ready = false;
  /** The ports through which the product reaches Postgres and the PSP. */
  private readonly through = new Map<'postgres' | 'psp', number>();
  private readonly namespace: string;

  private constructor(
    private readonly home: string,
    private readonly secrets: Secrets,
    private readonly ports: Ports,
    private readonly outside: Outside,
    private readonly env: NodeJS.ProcessEnv,
    private readonly options: StackOptions,
  ) {
    this.namespace = env['TEMPORAL_NAMESPACE'] ?? 'default';
  }

  /** Opens the state folder, clears away what a killed stack left running, and chooses ports. */
  static async open(options: StackOptions): Promise<Stack> {
    const env = options.env ?? process.env;
    const home = resolve(options.home ?? env['PAYSAGA_HOME'] ?? join(root, '.paysaga'));
    const secrets = openHome(home);
    await clearLeftovers(home, options.say);
    const outside = {
      databaseUrl: env['DATABASE_URL'],
      temporalAddress: env['TEMPORAL_ADDRESS'],
      stripeSecretKey: env['STRIPE_SECRET_KEY'],
    };
    return new Stack(home, secrets, await choosePorts(home), outside, env, options);
  }

  async start(): Promise<RunFile> {
    if (this.outside.databaseUrl === undefined) await this.startPostgres();
    await Promise.all([this.migrate(), this.startSandbox(), this.startTemporal(), this.startMailCatcher()]);
    for (const name of this.workerNames) await this.startWorker(name);
    await this.startNode('api', ['api/server.ts'], 30_000, () => answers(`${this.runFile().apiUrl}/readyz`));
    const { codecUrl, peopleUrl } = this;
    if (peopleUrl !== undefined)
      await this.startNode('people', ['people/server.ts'], 30_000, () =>
        answers(`http://127.0.0.1:${String(this.ports.people)}/healthz`),
      );
    if (codecUrl !== undefined)
      await this.startNode('codec', ['api/codec-server.ts'], 30_000, () => answers(`${codecUrl}/healthz`));
    if (this.outside.stripeSecretKey !== undefined && this.env['STRIPE_WEBHOOK_SECRET'] === undefined)
      this.options.say("STRIPE_WEBHOOK_SECRET is not set: Stripe's webhooks will be refused, and outcomes are polled");
    this.ready = true;
    this.writeRunFile();
    return this.runFile();
  }

  /** What the workers are called among the parts. */
  get workerNames(): string[] {
    const count = this.options.workers ?? 1;
    return Array.from({ length: count }, (_, index) => (index === 0 ? 'worker' : `worker-${String(index + 1)}`));
  }

  private startWorker(name: string): Promise<void> {
    const script = [workerHeapFlag, this.options.workerProgram ?? 'worker.ts'];
    return this.startNode(name, script, 60_000, () => this.probeWorker(name));
  }

  /** The process of a part, such as `worker-2`, as it is now. */
  pidOf(name: string): number | null {
    return this.parts.find((part) => part.name === name)?.pid ?? null;
  }

  /** Stops every part, the last started first, and takes run.json away. */
  async stop(): Promise<void> {
    for (const part of [...this.parts].reverse()) await part.stop();
    rmSync(join(this.home, 'run.json'), { force: true });
  }

  runFile(): RunFile {
    return {
      apiUrl: `http://127.0.0.1:${String(this.ports.api)}`,
      apiKey: this.secrets.apiKey,
      opsApiKey: this.secrets.opsApiKey,
      secondOpsApiKey: this.secrets.secondOpsApiKey,
      webhookSecret: this.webhookSecret,
      temporalAddress: this.temporalAddress,
      temporalUiUrl:
        this.outside.temporalAddress === undefined ? `http://127.0.0.1:${String(this.ports.temporalUi)}` : null,
      namespace: this.namespace,
      taskQueue: this.env['TEMPORAL_TASK_QUEUE'] ?? 'paysaga',
      databaseUrl: this.databaseUrl,
      databaseUrls: this.serviceUrls(),
      pspUrl: this.pspUrl ?? null,
      workerMetricsUrl: `http://127.0.0.1:${String(this.ports.metrics)}/metrics`,
      codecUrl: this.codecUrl ?? null,
      mailUrl: this.mailUrl ?? null,
      peopleUrl: this.peopleUrl ?? null,
      operator: this.peopleUrl === undefined ? null : { email: firstOperator, password: this.secrets.operatorPassword },
      pids: {
        supervisor: process.pid,
        postgres: this.pidOf('postgres'),
        temporal: this.pidOf('temporal'),
        psp: this.pidOf('psp'),
        worker: this.pidOf('worker'),
        api: this.pidOf('api'),
        codec: this.pidOf('codec'),
        mail: this.pidOf('mail'),
        people: this.pidOf('people'),
      },
    };
  }

  private get webhookSecret(): string {
    return this.env['STRIPE_WEBHOOK_SECRET'] ?? this.secrets.webhookSecret;
  }

  private get databaseUrl(): string {
    return (
      this.outside.databaseUrl ??
      `postgresql://paysaga:${this.secrets.ownerPassword}@127.0.0.1:${String(this.ports.postgres)}/paysaga`
    );
  }

  private get temporalAddress(): string {
    return this.outside.temporalAddress ?? `127.0.0.1:${String(this.ports.temporal)}`;
  }

  private get pspUrl(): string | undefined {
    return this.outside.stripeSecretKey === undefined ? `http://127.0.0.1:${String(this.ports.psp)}` : undefined;
  }

  /** What Temporal keeps is sealed where there are keys, and then there is a server that opens it for the UI. */
  private get codecUrl(): string | undefined {
    return (this.env['PAYLOAD_KEYS'] ?? '') === '' ? undefined : `http://127.0.0.1:${String(this.ports.codec)}`;
  }

  private get mailUrl(): string | undefined {
    return this.options.mailCatcher === true && this.env['SMTP_URL'] === undefined
      ? `http://127.0.0.1:${String(this.ports.mail)}`
      : undefined;
  }

  /** Under the name that passkeys can be bound to: an address has none. */
  private get peopleUrl(): string | undefined {
    return this.options.mailCatcher === true ? `http://localhost:${String(this.ports.people)}` : undefined;
  }

  private serviceUrls(): SchemaUrls {
    const url = (service: SchemaName): string => {
      const own = new URL(this.databaseUrl);
      own.port = String(this.through.get('postgres') ?? own.port);
      own.username = serviceRole(service);
      own.password = this.secrets.servicePasswords[service];
      return this.env[`${service.toUpperCase()}_DATABASE_URL`] ?? own.href;
    };
    return Object.fromEntries(schemaNames.map((service) => [service, url(service)])) as Record<SchemaName, string>;
  }

  private async startPostgres(): Promise<void> {
    const program = await preparePostgres(this.home, this.ports.postgres, this.secrets.ownerPassword);
    const server = new URL(this.databaseUrl);
    server.pathname = '/postgres';
    await this.startPart({
      name: 'postgres',
      ...program,
      stopSignal: 'SIGINT',
      readyWithinMs: 60_000,
      probe: () => probeDatabase(server.href),
    });
    await ensureDatabase(server.href, 'paysaga');
    await this.goThrough('postgres', this.ports.postgres);
  }

  private async goThrough(name: 'postgres' | 'psp', port: number): Promise<void> {
    const { detour } = this.options;
    if (detour !== undefined) this.through.set(name, await detour(name, port));
  }

  private async migrate(): Promise<void> {
    try {
      const applied = await applyMigrations(this.databaseUrl);
      if (applied.length > 0) this.options.say(`database: applied ${applied.join(', ')}`);
      await setServicePasswords(this.databaseUrl, this.serviceUrls());
    } catch (error) {
      throw new StartupError(
        'database',
        `the migrations could not be applied: ${wordsOf(error)}.`,
        'Check DATABASE_URL: its role must own the database and be allowed to create roles.',
      );
    }
    await this.saveLocalMerchant();
  }

  /** The default merchant, with the key that run.json shows. */
  private async saveLocalMerchant(): Promise<void> {
    const databases = openDatabases(this.serviceUrls(), 'everything', () => undefined);
    try {
      const merchant = {
        merchantId: 'default',
        name: 'Local merchant',
        pspSecretKeySealed: null,
        returnUrls: (this.env['PAYSAGA_RETURN_URLS'] ?? localReturnUrls).split(',').map((url) => url.trim()),
      };
      const key = (keyId: string, secret: string, scopes: readonly string[]) => ({
        keyId,
        name: 'made by npm start',
        prefix: prefixOf(secret),
        secretHash: hashApiKey(secret),
        scopes: [...scopes],
      });
      const { apiKey, opsApiKey, secondOpsApiKey } = this.secrets;
      // Who starts it for the first time sees what people are told, and changes everything with curl; later it is as somebody has said.
      if ((await findMerchant(databases.identity, 'default')) === undefined) {
        const isMailCaught = this.mailUrl !== undefined;
        await createMerchant(databases.identity, 'default', {
          name: merchant.name,
          policies: {
            payouts: { accountChanges: 'storefront' },
            ...(isMailCaught && { notifications: { tellBuyers: true, tellSellers: true } }),
          },
        });
        if (isMailCaught) await saveContact(databases.events, localContact);
      }
      await saveMerchant(databases.identity, { ...merchant, apiKey: key('local', apiKey, merchantScopes) });
      await saveMerchant(databases.identity, { ...merchant, apiKey: key('local-ops', opsApiKey, opsScopes) });
      await saveMerchant(databases.identity, { ...merchant, apiKey: key('local-ops-2', secondOpsApiKey, opsScopes) });
    } finally {
      await closeDatabases(databases);
    }
  }

  private async startTemporal(): Promise<void> {
    if (this.outside.temporalAddress !== undefined) return;
    mkdirSync(join(this.home, 'temporal'), { recursive: true });
    const program = temporalProgram({
      port: this.ports.temporal,
      uiPort: this.ports.temporalUi,
      ...(this.codecUrl !== undefined && { codecUrl: this.codecUrl }),
      databaseFile: join(this.home, 'temporal', 'temporal.db'),
    });
    await this.startPart({
      name: 'temporal',
      ...program,
      stopSignal: 'SIGTERM',
      readyWithinMs: 60_000,
      // On an overloaded machine its SQLite has been seen to answer "interrupted" for ever.
      deaf: { everyMs: 10_000, times: 6 },
      probe: async () => {
        const connection = await Connection.connect({ address: this.temporalAddress, connectTimeout: 1_000 });
        try {
          await connection.workflowService.describeNamespace({ namespace: this.namespace });
        } finally {
          await connection.close();
        }
      },
    });
  }

  private async startSandbox(): Promise<void> {
    const url = this.pspUrl;
    if (url === undefined) return;
    await this.startNode('psp', ['sandbox/main.ts'], 30_000, () => answers(`${url}/_sandbox/health`));
    await this.goThrough('psp', this.ports.psp);
  }

  private async startMailCatcher(): Promise<void> {
    const url = this.mailUrl;
    if (url !== undefined) await this.startNode('mail', ['mail-catcher/main.ts'], 30_000, () => answers(url));
  }

  private async startNode(
    name: string,
    script: string[],
    readyWithinMs: number,
    probe: () => Promise<void>,
  ): Promise<void> {
    await this.startPart({
      name,
      command: process.execPath,
      arguments: script.some((word) => word.endsWith('.js')) ? script : ['--import', 'tsx', ...script],
      env: this.environmentOf(name),
      stopSignal: 'SIGTERM',
      readyWithinMs,
      probe,
    });
  }

  /** What a part of ours is started with. */
  environmentOf(name: string): NodeJS.ProcessEnv {
    const urls = this.serviceUrls();
    const { temporalUiUrl, apiUrl } = this.runFile();
    return {
      ...this.env,
      PAYSAGA_HOME: this.home,
      PAYMENTS_DATABASE_URL: urls.payments,
      WALLET_DATABASE_URL: urls.wallet,
      LEDGER_DATABASE_URL: urls.ledger,
      IDENTITY_DATABASE_URL: urls.identity,
      PAYOUTS_DATABASE_URL: urls.payouts,
      EVENTS_DATABASE_URL: urls.events,
      RECONCILIATION_DATABASE_URL: urls.reconciliation,
      RISK_DATABASE_URL: urls.risk,
      TEMPORAL_ADDRESS: this.temporalAddress,
      ...(temporalUiUrl !== null && { TEMPORAL_UI_URL: temporalUiUrl }),
      PUBLIC_API_URL: this.env['PUBLIC_API_URL'] ?? apiUrl,
      SETTLEMENT_FOLDER: this.env['SETTLEMENT_FOLDER'] ?? join(this.home, 'settlement'),
      STRIPE_SECRET_KEY: this.outside.stripeSecretKey ?? this.secrets.stripeSecretKey,
      PAYSAGA_SECRETS_KEY: this.env['PAYSAGA_SECRETS_KEY'] ?? this.secrets.secretsKey,
      STRIPE_WEBHOOK_SECRET: this.webhookSecret,
      PSP_SANDBOX_WEBHOOK_URL: `${apiUrl}/webhooks/stripe`,
      PSP_SANDBOX_WEBHOOK_SECRET: this.webhookSecret,
      PSP_SANDBOX_WEBHOOK_EVENTS: this.env['PSP_SANDBOX_WEBHOOK_EVENTS'] ?? subscribedEvents.join(','),
      API_PORT: String(this.ports.api),
      MAIL_CATCHER_SMTP_PORT: String(this.ports.smtp),
      MAIL_CATCHER_PORT: String(this.ports.mail),
      ...(this.mailUrl !== undefined && { SMTP_URL: `smtp://127.0.0.1:${String(this.ports.smtp)}` }),
      ...this.signInEnvironment(name),
      ...(this.env['VAPID_PUBLIC_KEY'] === undefined && {
        VAPID_PUBLIC_KEY: this.secrets.vapid.publicKey,
        VAPID_PRIVATE_KEY: this.secrets.vapid.privateKey,
        VAPID_SUBJECT: `mailto:${firstOperator}`,
      }),
      CODEC_PORT: String(this.ports.codec),
      CODEC_UI_ORIGINS: [temporalUiUrl, temporalUiUrl?.replace('127.0.0.1', 'localhost')]
        .filter((url) => typeof url === 'string')
        .join(','),
      ...(name === 'worker' && { METRICS_ADDRESS: `127.0.0.1:${String(this.ports.metrics)}` }),
      PSP_SANDBOX_PORT: String(this.ports.psp),
      ...(this.pspUrl !== undefined && {
        STRIPE_API_URL: `http://127.0.0.1:${String(this.through.get('psp') ?? this.ports.psp)}`,
        PSP_CALLS_PER_SECOND: this.env['PSP_CALLS_PER_SECOND'] ?? '1000',
        FX_RATES_FROM: this.env['FX_RATES_FROM'] ?? `${this.pspUrl}/rates/eurofxref-daily.xml`,
      }),
    };
  }

  /** What the sign-in service needs, and what API and codec server need to take its tokens; OIDC_ISSUER puts another in its place. */
  private signInEnvironment(part: string): NodeJS.ProcessEnv {
    const { peopleUrl, secrets, env } = this;
    if (peopleUrl === undefined) return {};
    const client = { OIDC_CLIENT_SECRET: secrets.signInClientSecret };
    if (part === 'people')
      return {
        ...client,
        PEOPLE_DATABASE_URL: this.serviceUrls().people,
        PEOPLE_PORT: String(this.ports.people),
        PEOPLE_URL: peopleUrl,
        PEOPLE_SECRET: secrets.peopleSecret,
        PEOPLE_FIRST_OPERATOR: firstOperator,
        PEOPLE_FIRST_OPERATOR_PASSWORD: secrets.operatorPassword,
        API_URL: this.runFile().apiUrl,
      };
    const takesTokens = part === 'api' || part === 'codec';
    if (!takesTokens || env['OIDC_ISSUER'] !== undefined) return {};
    return { ...client, OIDC_ISSUER: peopleUrl, OIDC_AUDIENCE: 'paysaga' };
  }

  private async startPart(specification: Omit<PartSpecification, 'logFile'>): Promise<void> {
    const part = new Part(
      {
        ...specification,
        ...(this.options.pauses !== undefined && { pauses: this.options.pauses }),
        logFile: join(this.home, 'logs', `${specification.name}.log`),
      },
      this.options.say,
      () => {
        if (this.ready) this.writeRunFile();
      },
    );
    this.parts.push(part);
    this.options.say(`starting ${part.name} …`);
    await part.start();
    // Written at once, so that a stack killed half-way is cleared away by the next one.
    this.writePids();
  }

  private writeRunFile(): void {
    writeWhole(join(this.home, 'run.json'), this.runFile());
    this.writePids();
  }

  private writePids(): void {
    const parts = this.parts.map(({ name, pid }) => [name, pid ?? null]);
    writeWhole(join(this.home, 'pids.json'), { ...this.runFile().pids, ...Object.fromEntries(parts) });
  }

  /** A worker is ready when it polls its queue. */
  private async probeWorker(name: string): Promise<void> {
    const connection = await Connection.connect({ address: this.temporalAddress, connectTimeout: 1_000 });
    try {
      const pid = this.pidOf(name);
      const { pollers } = await connection.workflowService.describeTaskQueue({
        namespace: this.namespace,
        taskQueue: { name: this.runFile().taskQueue },
        taskQueueType: temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
      });
      if (!pollers.some((poller) => poller.identity?.startsWith(`${String(pid)}@`) === true))
        throw new Error('it does not poll yet');
    } finally {
      await connection.close();
    }
  }
}

async function probeDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  await client.connect();
  await client.end();
}

async function answers(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  if (!response.ok) throw new Error(`it answers ${String(response.status)}`);
}

const commandOf = (pid: number): string => {
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', 'command='], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
};

/** What each part's command line holds, so that a pid used again by somebody else is left alone. */
const marks: Readonly<Record<string, RegExp>> = {
  supervisor: /local\/start\.ts/,
  postgres: /postgres/,
  temporal: /temporal.* start-dev/,
  psp: /sandbox\/main\.ts/,
  worker: /worker\.(ts|js)/,
  api: /api\/server\.ts/,
  codec: /api\/codec-server\.ts/,
  mail: /mail-catcher\/main\.ts/,
  people: /people\/server\.ts/,
};

/** Ends the parts that a killed stack left running. @throws StartupError when that stack still runs */
async function clearLeftovers(home: string, say: (line: string) => void): Promise<void> {
  const file = join(home, 'pids.json');
  if (!existsSync(file)) return;
  const pids = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number | null>;
  const alive = (name: string, pid: number | null): pid is number =>
    pid !== null && pid !== process.pid && (marks[name.replace(/-\d+$/, '')]?.test(commandOf(pid)) ?? false);
  if (alive('supervisor', pids['supervisor'] ?? null)) {
    throw new StartupError(
      'the stack',
      `one already runs in ${home}, pid ${String(pids['supervisor'])}.`,
      'Stop it with Ctrl-C first, or set PAYSAGA_HOME to another folder.',
    );
  }
  const others = Object.keys(pids).filter((name) => name.startsWith('worker-'));
  for (const name of ['codec', 'api', 'people', ...others, 'worker', 'temporal', 'psp', 'mail', 'postgres']) {
    const pid = pids[name] ?? null;
    if (!alive(name, pid)) continue;
    say(`stopping ${name} (pid ${String(pid)}), left over from a stack that was killed`);
    process.kill(pid, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
    for (let tries = 0; tries < 100 && alive(name, pid); tries += 1) await new Promise((next) => setTimeout(next, 100));
    if (alive(name, pid)) process.kill(pid, 'SIGKILL');
  }
  rmSync(file, { force: true });
}
