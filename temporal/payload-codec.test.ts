import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { EncryptionCodec, PayloadSealed } from './payload-codec';

const key = (id: string) => ({ id, key: randomBytes(32) });
const [old, fresh] = [key('2026-01'), key('2026-11')];
const plain = defaultPayloadConverter.toPayload({ email: 'grace@example.com', amount: '49.90' });

async function sealed(codec: EncryptionCodec): Promise<Payload> {
  const [payload] = await codec.encode([plain]);
  if (payload === undefined) throw new Error('nothing was sealed');
  return payload;
}

describe('X1 payloads', () => {
  it('are sealed, never twice alike, and opened as they were', async () => {
    const codec = new EncryptionCodec([fresh]);
    const [one, two] = [await sealed(codec), await sealed(codec)];
    expect(Buffer.from(one.data ?? []).toString('latin1')).not.toContain('grace');
    expect(one.data).not.toEqual(two.data);
    const [opened] = await codec.decode([one]);
    expect(defaultPayloadConverter.fromPayload(opened as Payload)).toEqual({
      email: 'grace@example.com',
      amount: '49.90',
    });
  });

  it('stay readable when the key is changed: the first key seals, all of them open', async () => {
    const before = await sealed(new EncryptionCodec([old]));
    const rotated = new EncryptionCodec([fresh, old]);
    expect((await rotated.decode([before]))[0]?.data).toEqual(plain.data);
    const after = await sealed(rotated);
    expect(Buffer.from(after.metadata?.['encryption-key-id'] ?? []).toString()).toBe(fresh.id);
    await expect(new EncryptionCodec([old]).decode([after])).rejects.toThrow(fresh.id);
  });

  it('of before there was a key are read as they are', async () => {
    expect(await new EncryptionCodec([fresh]).decode([plain])).toEqual([plain]);
  });

  it('fail closed when any byte is another: of nonce, text and tag, and when they are cut', async () => {
    const codec = new EncryptionCodec([fresh]);
    const payload = await sealed(codec);
    const bytes = Buffer.from(payload.data ?? []);
    for (let place = 0; place < bytes.length; place += 1) {
      const altered = Buffer.from(bytes);
      altered[place] = (altered[place] ?? 0) ^ 1;
      await expect(codec.decode([{ ...payload, data: altered }])).rejects.toThrow(PayloadSealed);
    }
    for (const length of [0, 5, 27, bytes.length - 1])
      await expect(codec.decode([{ ...payload, data: bytes.subarray(0, length) }])).rejects.toThrow(PayloadSealed);
  });

  it('can not be passed off as sealed under another key', async () => {
    const codec = new EncryptionCodec([fresh, { id: 'copy', key: fresh.key }]);
    const payload = await sealed(codec);
    const renamed = { ...payload, metadata: { ...payload.metadata, 'encryption-key-id': Buffer.from('copy') } };
    await expect(codec.decode([renamed])).rejects.toThrow(PayloadSealed);
  });
});
