import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { makeApiKey } from '../api/api-key-secret';
import { merchantChangeBody } from '../api/schemas';
import { merchantScopes, opsScopes, platformScopes, scopes } from '../api/scopes';
import { readAdminConfig, serviceUrls } from '../config';
import { identifierPattern } from '../domain/identifiers';
import { createApiKey, endApiKey, findApiKey, listApiKeys } from '../prisma/api-key';
import { beginCall, endCall } from '../prisma/call';
import { closeDatabases, openDatabases, type PrismaClient } from '../prisma/database';
import { changeMerchant, createMerchant, findMerchant, listMerchants, type MerchantChange } from '../prisma/identity';
import { merchantChange, renderMerchant } from '../merchants';
import { environment, runCommand, UsageError } from './environment';

const usage = `Usage: npm run -s admin -- <what> <do> [id] [options]

  merchant create <id> --name N [--time-zone Z] [--return-url U]… [--policies JSON] [--secrets-stdin]
  merchant change <id>          the same options; what is left out stays as it is
  merchant show <id> · merchant list
  key create <merchant> --name N --scopes S,S|merchant|ops|platform|all [--expires T]
  key list <merchant> · key revoke <merchant> --key K · key rotate <merchant> --key K [--old-lives-hours H]

  --secrets-stdin   read the merchant's own PSP secrets from standard input, as JSON:
                    {"secret_key": "sk_…", "webhook_secret": "whsec_…", "previous_webhook_secret"?: "whsec_…"}
                    Without it the merchant uses STRIPE_SECRET_KEY.
  A key is printed once, alone on standard output; everything else goes to standard error.

Reads IDENTITY_DATABASE_URL and PAYSAGA_SECRETS_KEY, or else the local stack's files.`;

const hourMs = 3_600_000;

type Options = ReturnType<typeof readArguments>['values'];
interface World {
  readonly identity: PrismaClient;
  readonly secretsKey: Buffer;
}

/** `npm run admin`: merchants and their keys. Each act that changes something is on the merchant's record of calls. */
async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const [what, verb, id] = positionals;
  const run = commands[`${what ?? ''} ${verb ?? ''}`];
  if (values.help === true || run === undefined) {
    console.error(usage);
    return values.help === true ? 0 : 2;
  }
  const config = readAdminConfig(environment());
  const databases = openDatabases(serviceUrls(config), 'everything', () => undefined);
  const world = { identity: databases.identity, secretsKey: Buffer.from(config.PAYSAGA_SECRETS_KEY, 'base64') };
  try {
    await run(world, id ?? '', values);
    return 0;
  } finally {
    await closeDatabases(databases);
  }
}

function readArguments() {
  const one = { type: 'string' } as const;
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        name: one,
        'time-zone': one,
        'return-url': { type: 'string', multiple: true },
        policies: one,
        'secrets-stdin': { type: 'boolean' },
        scopes: one,
        expires: one,
        key: one,
        'old-lives-hours': one,
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const commands: Readonly<Record<string, (world: World, id: string, options: Options) => Promise<void>>> = {
  'merchant create': async (world, id, options) => {
    const merchantId = checkedId(id);
    const { name } = options;
    if (name === undefined) throw new UsageError('--name is needed');
    const wanted = { ...(await changeOf(world, merchantId, options)), name };
    const taken = new UsageError(`there is a merchant ${merchantId} already`);
    if ((await findMerchant(world.identity, merchantId)) !== undefined) throw taken;
    await recorded(world, merchantId, 'merchant create', async () => {
      if (!(await createMerchant(world.identity, merchantId, wanted))) throw taken;
    });
    await showMerchant(world.identity, merchantId);
  },
  'merchant change': async (world, id, options) => {
    const merchantId = await existing(world, id);
    const change = await changeOf(world, merchantId, options);
    await recorded(world, merchantId, 'merchant change', () => changeMerchant(world.identity, merchantId, change));
    await showMerchant(world.identity, merchantId);
  },
  'merchant show': async (world, id) => showMerchant(world.identity, await existing(world, id)),
  'merchant list': async ({ identity }) => show((await listMerchants(identity, 10_000, null)).map(renderMerchant)),
  'key create': async (world, id, options) => {
    const merchantId = await existing(world, id);
    const { name } = options;
    if (name === undefined) throw new UsageError('--name is needed');
    const expiresAt = options.expires === undefined ? null : new Date(options.expires);
    if (expiresAt !== null && !(expiresAt.getTime() > Date.now()))
      throw new UsageError('--expires must be a time in the future, such as 2027-11-01');
    await giveKey(world, merchantId, 'key create', {
      name,
      scopes: scopesOf(options.scopes),
      expiresAt,
      rotatedFrom: null,
    });
  },
  'key rotate': async (world, id, options) => {
    const merchantId = await existing(world, id);
    const old = await existingKey(world, merchantId, options.key);
    const hours = Number(options['old-lives-hours'] ?? '24');
    if (!(hours >= 0)) throw new UsageError('--old-lives-hours must be a number of hours');
    const { name, keyId: rotatedFrom } = old;
    await giveKey(world, merchantId, 'key rotate', { name, scopes: old.scopes, expiresAt: null, rotatedFrom });
    await endApiKey(world.identity, merchantId, old.keyId, hours === 0 ? 'now' : new Date(Date.now() + hours * hourMs));
  },
  'key list': async (world, id) => {
    const merchantId = await existing(world, id);
    show(await listApiKeys(world.identity, merchantId, 1_000, null));
  },
  'key revoke': async (world, id, options) => {
    const merchantId = await existing(world, id);
    const { keyId } = await existingKey(world, merchantId, options.key);
    await recorded(world, merchantId, `key revoke ${keyId}`, () => endApiKey(world.identity, merchantId, keyId, 'now'));
    show(await findApiKey(world.identity, merchantId, keyId));
  },
};

const show = (value: unknown): void => console.error(JSON.stringify(value, null, 2));

async function showMerchant(identity: PrismaClient, merchantId: string): Promise<void> {
  const merchant = await findMerchant(identity, merchantId);
  show(merchant === undefined ? null : renderMerchant(merchant));
}

function checkedId(id: string): string {
  if (!identifierPattern.test(id)) throw new UsageError('a merchant id has 1 to 64 characters of A-Z a-z 0-9 . _ -');
  return id;
}

async function existing({ identity }: World, id: string): Promise<string> {
  const merchantId = checkedId(id);
  if ((await findMerchant(identity, merchantId)) === undefined)
    throw new UsageError(`there is no merchant ${merchantId}`);
  return merchantId;
}

async function existingKey({ identity }: World, merchantId: string, keyId: string | undefined) {
  if (keyId === undefined) throw new UsageError('--key is needed: the id of a key');
  const key = await findApiKey(identity, merchantId, keyId);
  if (key === undefined) throw new UsageError(`merchant ${merchantId} has no key ${keyId}`);
  return key;
}

function scopesOf(given: string | undefined): readonly string[] {
  const groups: Readonly<Record<string, readonly string[]>> = {
    merchant: merchantScopes,
    ops: opsScopes,
    platform: platformScopes,
    all: scopes,
  };
  if (given === undefined)
    throw new UsageError(`--scopes is needed: ${scopes.join(', ')}, or merchant, ops, platform, all`);
  const wanted = given.split(',').flatMap((scope) => groups[scope] ?? [scope]);
  const unknown = wanted.find((scope) => !(scopes as readonly string[]).includes(scope));
  if (unknown !== undefined) throw new UsageError(`there is no scope ${unknown}: ${scopes.join(', ')}`);
  return [...new Set(wanted)];
}

/** Reads JSON. Says what is wrong, and shows none of it. */
function parsed(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new UsageError(`${what} must be JSON`);
  }
}

/** What the options say of a merchant, by the rules of the API's own calls about merchants. */
async function changeOf({ secretsKey }: World, merchantId: string, options: Options): Promise<MerchantChange> {
  const { name, policies, 'time-zone': timeZone, 'return-url': returnUrls } = options;
  const said = merchantChangeBody.safeParse({
    name,
    time_zone: timeZone,
    return_urls: returnUrls,
    policies: policies === undefined ? undefined : parsed(policies, '--policies'),
    psp: options['secrets-stdin'] === true ? parsed(await text(process.stdin), 'standard input') : undefined,
  });
  if (said.success) return merchantChange(merchantId, said.data, secretsKey);
  throw new UsageError(
    said.error.issues
      .map(({ path: [field, ...rest], message }) =>
        [optionOf[String(field)] ?? String(field), ...rest.map(String), message].join(' '),
      )
      .join('\n'),
  );
}

const optionOf: Readonly<Record<string, string>> = {
  name: '--name',
  time_zone: '--time-zone',
  return_urls: '--return-url',
  policies: '--policies:',
  psp: 'standard input:',
};

/** Writes an act onto the merchant's record of calls, before and after it. */
async function recorded(world: World, merchantId: string, what: string, act: () => Promise<void>): Promise<void> {
  const call = await beginCall(world.identity, {
    merchantId,
    actor: actor(),
    method: 'ADMIN',
    path: what,
    requestId: `admin-${String(process.pid)}-${String(Date.now())}`,
    key: null,
    fingerprint: Buffer.alloc(32),
    exclusive: true,
    lockSeconds: 0,
    keepDays: 0,
    remoteAddress: null,
    factor: 'command_line',
  });
  await act();
  await endCall(world.identity, {
    callId: call.callId,
    merchantId,
    status: 200,
    replayed: false,
    ownsKey: false,
    reason: null,
    keep: null,
  });
}

const actor = (): string => `admin:${userInfo().username}`;

async function giveKey(
  world: World,
  merchantId: string,
  what: string,
  wanted: { name: string; scopes: readonly string[]; expiresAt: Date | null; rotatedFrom: string | null },
): Promise<void> {
  const { keyId, prefix, secretHash, secret } = makeApiKey(wanted.scopes);
  await recorded(world, merchantId, `${what} ${keyId}`, async () => {
    await createApiKey(world.identity, { ...wanted, keyId, prefix, secretHash, merchantId, createdBy: actor() });
  });
  show(await findApiKey(world.identity, merchantId, keyId));
  console.log(secret);
}

runCommand(main, usage);
