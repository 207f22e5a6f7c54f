import { createECDH, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaNames, type SchemaName } from '../prisma/services';

/** What the stack made up for itself on its first start and keeps. */
export interface Secrets {
  readonly ownerPassword: string;
  readonly servicePasswords: Readonly<Record<SchemaName, string>>;
  readonly apiKey: string;
  /** For what operators may do and storefronts may not. */
  readonly opsApiKey: string;
  /** A second operator's, for what two persons must agree on. */
  readonly secondOpsApiKey: string;
  readonly stripeSecretKey: string;
  readonly webhookSecret: string;
  readonly secretsKey: string;
  /** With which the API asks the sign-in service whether a token still holds. */
  readonly signInClientSecret: string;
  /** Signs the sign-in service's cookies. */
  readonly peopleSecret: string;
  /** The first operator's password, until it is changed. */
  readonly operatorPassword: string;
  /** With which web pushes are signed (RFC 8292). */
  readonly vapid: { readonly publicKey: string; readonly privateKey: string };
}

/** A file that appears whole or not at all, readable by its owner only. */
export function writeWhole(path: string, value: unknown): void {
  writeFileSync(`${path}.partial`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.partial`, path);
}

/** What was kept before, with what a newer version needs in addition. */
function keep<Value extends object>(path: string, make: () => Value): Value {
  const kept = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Partial<Value>) : {};
  const value = grown(make(), kept);
  if (JSON.stringify(value) !== JSON.stringify(kept)) writeWhole(path, value);
  return value;
}

/** What is kept wins; what is missing of it, at any depth, is as it was made now. */
function grown<Value extends object>(made: Value, kept: Partial<Value>): Value {
  const entries = Object.entries(made).map(([name, value]: [string, unknown]) => {
    const earlier: unknown = kept[name as keyof Value];
    if (typeof value === 'object' && value !== null && typeof earlier === 'object' && earlier !== null)
      return [name, grown(value, earlier)];
    return [name, earlier ?? value];
  });
  return { ...kept, ...(Object.fromEntries(entries) as Value) };
}

const word = (bytes: number): string => randomBytes(bytes).toString('base64url');

/** A pair of P-256, each half in base64url. */
function vapidKeys(): Secrets['vapid'] {
  const pair = createECDH('prime256v1');
  const publicKey = pair.generateKeys('base64url');
  // Leading zeros are left out of the private half, and belong to it.
  const privateKey = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()])
    .subarray(-32)
    .toString('base64url');
  return { publicKey, privateKey };
}

/** The state folder, made when it isn't there. */
export function openHome(home: string): Secrets {
  mkdirSync(home, { recursive: true });
  return keep(join(home, 'secrets.json'), () => ({
    ownerPassword: word(18),
    servicePasswords: Object.fromEntries(schemaNames.map((service) => [service, word(18)])) as Record<
      SchemaName,
      string
    >,
    apiKey: `psk_test_${word(24)}`,
    opsApiKey: `pok_test_${word(24)}`,
    secondOpsApiKey: `pok_test_${word(24)}`,
    stripeSecretKey: `sk_test_${randomBytes(16).toString('hex')}`,
    webhookSecret: `whsec_${randomBytes(24).toString('base64')}`,
    secretsKey: randomBytes(32).toString('base64'),
    signInClientSecret: word(32),
    peopleSecret: randomBytes(32).toString('base64'),
    operatorPassword: word(12),
    vapid: vapidKeys(),
  }));
}
