import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrismaClient } from './prisma/database';
import { addFilePart, dropUpload, keepFile, type FileKind } from './prisma/settlement-file';

const partBytes = 1024 * 1024;
const mostBytes = 512 * 1024 * 1024;

export class UploadTooLarge extends Error {
  constructor() {
    super(
      `a file may have ${String(mostBytes / 1024 / 1024)} MiB at most: pack it with gzip, or hand it in day by day`,
    );
    this.name = 'UploadTooLarge';
  }
}

/**
 * Keeps a file as it comes, in parts of a mebibyte, under the hash of its content: the same one again is the same file (R4). What
 * breaks off leaves nothing.
 *
 * @throws UploadTooLarge
 */
export async function keepUpload(
  reconciliation: PrismaClient,
  content: AsyncIterable<Uint8Array>,
  of: { merchantId: string; kind: FileKind; name: string; timeZone: string; receivedBy: string },
): Promise<{ fileId: string; isNew: boolean }> {
  const upload = `upload-${randomUUID()}`;
  const hash = createHash('sha256').update(`${of.kind}\0`);
  let [size, part] = [0, 0];
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  const keep = async (): Promise<void> => {
    await addFilePart(reconciliation, of.merchantId, upload, part, new Uint8Array(Buffer.concat(waiting)));
    part += 1;
    [waiting, waitingBytes] = [[], 0];
  };
  try {
    for await (const chunk of content) {
      size += chunk.length;
      if (size > mostBytes) throw new UploadTooLarge();
      hash.update(chunk);
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= partBytes) await keep();
    }
    if (waitingBytes > 0) await keep();
  } catch (error) {
    await dropUpload(reconciliation, of.merchantId, upload);
    throw error;
  }
  const fileId = hash.digest('hex');
  return { fileId, isNew: await keepFile(reconciliation, upload, { ...of, fileId, size: BigInt(size) }) };
}

/** Where files are dropped, for whom, and what is to be done with each. */
export interface DropFolder {
  readonly folder: string;
  readonly reconciliation: PrismaClient;
  /** Merchants with a PSP account of their own, and its zone. */
  readonly accounts: () => Promise<readonly { readonly account: string; readonly timeZone: string }[]>;
  readonly start: (key: { merchantId: string; fileId: string }) => Promise<void>;
}

/** A file that somebody may still be writing is left alone for so long. */
const quietMs = 5_000;

/**
 * Takes up what lies in `{folder}/{merchant}/settlement` and `{folder}/{merchant}/bank`, and moves it into `taken` beside it. Safe to
 * repeat, and to run beside itself: a file is its content.
 *
 * @returns how many were taken up
 */
export async function takeUpDropped({ folder, reconciliation, accounts, start }: DropFolder): Promise<number> {
  let taken = 0;
  for (const { account: merchantId, timeZone } of await accounts()) {
    for (const kind of ['settlement', 'bank'] as const) {
      const place = join(folder, merchantId, kind);
      const names = await readdir(place, { withFileTypes: true }).catch(() => []);
      for (const entry of names.sort((one, other) => one.name.localeCompare(other.name))) {
        const path = join(place, entry.name);
        if (!entry.isFile() || entry.name.startsWith('.')) continue;
        if (Date.now() - (await stat(path)).mtimeMs < quietMs) continue;
        const name = entry.name.slice(0, 200);
        const receivedBy = `folder:${entry.name.slice(0, 200)}`;
        const { fileId } = await keepUpload(reconciliation, createReadStream(path), {
          merchantId,
          kind,
          name,
          timeZone,
          receivedBy,
        });
        await start({ merchantId, fileId });
        await mkdir(join(place, 'taken'), { recursive: true });
        await rename(path, join(place, 'taken', `${fileId.slice(0, 12)}-${entry.name}`));
        taken += 1;
      }
    }
  }
  return taken;
}
