import type { Request } from 'express';
import { keepUpload, UploadTooLarge } from '../settlement-files';
import { findFile, type FileKind, type FileRecord } from '../prisma/settlement-file';
import type { PrismaClient } from '../prisma/database';
import { Problem } from './problem';

export const fileId = /^[a-f0-9]{64}$/;
export const fileName = /^[\w][\w .()+-]{0,199}$/;
export const fileTypes = ['text/csv', 'application/xml', 'text/xml', 'application/gzip', 'application/octet-stream'];

/**
 * Takes a file out of a request's body as it comes, a part in memory at a time.
 *
 * @returns the file, and whether it is a new one
 */
export async function takeUpload(
  reconciliation: PrismaClient,
  request: Request,
  of: { merchantId: string; kind: FileKind; name: string; timeZone: string; receivedBy: string },
): Promise<{ file: FileRecord; isNew: boolean }> {
  if (request.is(fileTypes) === false || request.headers['content-type'] === undefined)
    throw new Problem('unsupported-media-type', `send Content-Type: ${fileTypes.join(', ')}`);
  try {
    const { fileId: id, isNew } = await keepUpload(reconciliation, request, of);
    const file = await findFile(reconciliation, { merchantId: of.merchantId, fileId: id });
    if (file === undefined) throw new Error(`file ${id} was kept, and is not there`);
    return { file, isNew };
  } catch (error) {
    if (error instanceof UploadTooLarge) throw new Problem('body-too-large', error.message);
    throw error;
  }
}
