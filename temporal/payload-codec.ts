import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';

const { Payload: PayloadMessage } = temporal.api.common.v1;

/** A key of payloads: 32 bytes for AES-256, and the name under which payloads say that they need it. */
export interface PayloadKey {
  readonly id: string;
  readonly key: Uint8Array;
}

/** A payload that can't be opened: with a key that isn't there, or not as it was sealed. Nothing of it is used. */
export class PayloadSealed extends Error {
  override readonly name = 'PayloadSealed';
}

const encoding = Buffer.from('binary/encrypted');
const cipher = 'aes-256-gcm';
const [nonceBytes, tagBytes] = [12, 16];

/** What fails in it fails as a promise. */
const eventually = <Result>(work: () => Result): Promise<Result> => Promise.resolve().then(work);

/**
 * Seals whatever Temporal keeps (X1): inputs, results, signals, queries, updates, memos, summaries and, with
 * `failure-converter.ts`, failures. AES-256-GCM (NIST SP 800-38D) with a random nonce for each, and the key's id as
 * authenticated data. The first key seals; all of them open, so that a key is changed by putting a new one in front and the old one
 * goes when no history under it is left. What was kept before there was a key is read as it is.
 */
export class EncryptionCodec implements PayloadCodec {
  private readonly byId: ReadonlyMap<string, PayloadKey>;

  constructor(private readonly keys: readonly [PayloadKey, ...PayloadKey[]]) {
    this.byId = new Map(keys.map((key) => [key.id, key]));
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return eventually(() => payloads.map((payload) => this.seal(payload)));
  }

  /** @throws PayloadSealed */
  decode(payloads: Payload[]): Promise<Payload[]> {
    return eventually(() => payloads.map((payload) => this.open(payload)));
  }

  private seal(payload: Payload): Payload {
    const [{ id, key }] = this.keys;
    const nonce = randomBytes(nonceBytes);
    const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(id));
    const sealed = [sealing.update(PayloadMessage.encode(payload).finish()), sealing.final()];
    return {
      metadata: { encoding, 'encryption-cipher': Buffer.from(cipher), 'encryption-key-id': Buffer.from(id) },
      data: Buffer.concat([nonce, ...sealed, sealing.getAuthTag()]),
    };
  }

  private open(payload: Payload): Payload {
    const { metadata = {}, data } = payload;
    if (!encoding.equals(metadata?.['encoding'] ?? Buffer.alloc(0))) return payload;
    const id = Buffer.from(metadata?.['encryption-key-id'] ?? []).toString();
    const known = this.byId.get(id);
    if (known === undefined) throw new PayloadSealed(`a payload needs key ${id}, which is not among PAYLOAD_KEYS`);
    const bytes = Buffer.from(data ?? []);
    try {
      const opening = createDecipheriv(cipher, known.key, bytes.subarray(0, nonceBytes))
        .setAAD(Buffer.from(id))
        .setAuthTag(bytes.subarray(-tagBytes));
      const opened = [opening.update(bytes.subarray(nonceBytes, -tagBytes)), opening.final()];
      return PayloadMessage.decode(Buffer.concat(opened));
    } catch (cause) {
      throw new PayloadSealed(`a payload under key ${id} is not as it was sealed`, { cause });
    }
  }
}

export type { PayloadCodec };

/** Payloads as a remote codec's callers send them (protobuf's JSON mapping: bytes in base64). */
interface WirePayload {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
}

/** Decodes the body of a remote codec's call. @throws TypeError when it is none; PayloadSealed when a payload can't be opened */
export const decodePayloads = async (codec: PayloadCodec, body: unknown): Promise<WirePayload[]> =>
  (await codec.decode(fromWire(body))).map(toWire);

/** Encodes the body of a remote codec's call. @throws TypeError when it is none */
export const encodePayloads = async (codec: PayloadCodec, body: unknown): Promise<WirePayload[]> =>
  (await codec.encode(fromWire(body))).map(toWire);

function fromWire(body: unknown): Payload[] {
  const { payloads } = (body ?? {}) as { payloads?: unknown };
  if (!Array.isArray(payloads)) throw new TypeError('the body must be {"payloads": [{"metadata": {…}, "data": "…"}]}');
  return payloads.map((payload: unknown) => PayloadMessage.fromObject(payload as object));
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function toWire({ metadata, data }: Payload): WirePayload {
  return {
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
    ...(data !== null && data !== undefined && { data: base64(data) }),
  };
}
