import { randomBytes } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import type { PrismaClient } from '../prisma/database';
import { createApiKey, endApiKey, findApiKey, listApiKeys, type ApiKeyRecord } from '../prisma/api-key';
import { makeApiKey } from './api-key-secret';
import { callerWith, type Caller } from './authentication';
import { idFor } from './calls';
import type { ApiDependencies } from './checkouts';
import { idOf, listAnswer, pageOf } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { apiKeyBody, rotateBody } from './schemas';

const hourMs = 3_600_000;
/** While a key is rotated the old one lives on for a day unless said otherwise: two are live, and nothing is refused. */
const overlapHours = 24;

/** A merchant's own keys: made, rotated, revoked. The key itself is in one answer and nowhere else. */
export function apiKeyRoutes({ databases }: ApiDependencies): Router {
  const { identity } = databases;
  const router = express.Router();
  router.get('/', async (request, response) => {
    const { merchantId } = callerWith('keys:read', response);
    const { limit, after } = pageOf(request);
    const found = await listApiKeys(identity, merchantId, limit + 1, after);
    response.json(listAnswer(found, limit, renderApiKey, (key) => key.keyId));
  });
  router.get('/:id', async (request, response) => {
    const { merchantId } = callerWith('keys:read', response);
    response.json(renderApiKey(await mustFind(merchantId, idOf(request))));
  });
  router.post('/', (request, response) => postKey(request, response));
  router.post('/:id/rotate', (request, response) => rotate(request, response));
  router.post('/:id/revoke', async (request, response) => {
    const { merchantId } = callerWith('keys:write', response);
    const { keyId } = await mustFind(merchantId, idOf(request));
    await endApiKey(identity, merchantId, keyId, 'now');
    response.json(renderApiKey(await mustFind(merchantId, keyId)));
  });
  return router;

  async function postKey(request: Request, response: Response): Promise<void> {
    const caller = callerWith('keys:write', response);
    const { name, scopes, expires_at: expiresAt } = readBody(request, apiKeyBody);
    mayGive(caller, scopes);
    await giveApiKey(identity, request, response, caller, {
      name,
      scopes,
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
    });
  }

  async function rotate(request: Request, response: Response): Promise<void> {
    const caller = callerWith('keys:write', response);
    const { old_key_lives_hours: hours = overlapHours } = readBody(request, rotateBody, { optional: true });
    const old = await mustFind(caller.merchantId, idOf(request));
    if (old.revokedAt !== null || (old.expiresAt !== null && old.expiresAt <= new Date()))
      throw new Problem('already-final', 'the key is not live any more');
    mayGive(caller, old.scopes);
    const { name, scopes } = old;
    await giveApiKey(identity, request, response, caller, { name, scopes, expiresAt: null, rotatedFrom: old.keyId });
    await endApiKey(
      identity,
      caller.merchantId,
      old.keyId,
      hours === 0 ? 'now' : new Date(Date.now() + hours * hourMs),
    );
  }

  async function mustFind(merchantId: string, keyId: string): Promise<ApiKeyRecord> {
    const key = await findApiKey(identity, merchantId, keyId);
    if (key === undefined) throw new Problem('not-found', 'there is no such key');
    return key;
  }
}

/** Makes a key of a merchant and answers it, this once. @throws Problem that names what is wrong with the wish */
export async function giveApiKey(
  identity: PrismaClient,
  request: Request,
  response: Response,
  { merchantId, actor }: Pick<Caller, 'merchantId' | 'actor'>,
  wanted: { name: string; scopes: readonly string[]; expiresAt: Date | null; rotatedFrom?: string },
): Promise<void> {
  if (wanted.expiresAt !== null && wanted.expiresAt <= new Date())
    throw new Problem('validation-failed', '/expires_at must be in the future', [
      { pointer: '/expires_at', detail: 'must be in the future' },
    ]);
  const fresh = makeApiKey(
    wanted.scopes,
    idFor('', request, response, () => randomBytes(6).toString('hex')),
  );
  const { keyId, prefix, secretHash } = fresh;
  const made = await createApiKey(identity, {
    ...wanted,
    rotatedFrom: wanted.rotatedFrom ?? null,
    keyId,
    prefix,
    secretHash,
    merchantId,
    createdBy: actor,
  });
  // The process died between making the key and answering: nobody has seen it, and nobody ever will.
  if (!made)
    throw new Problem('already-final', `key ${keyId} was made and its answer lost: revoke it and make another`);
  const stored = await findApiKey(identity, merchantId, keyId);
  if (stored === undefined) throw new Error(`key ${keyId} was made and is not there`);
  response
    .status(201)
    .location(`/v1/api_keys/${keyId}`)
    .set('Cache-Control', 'no-store')
    .json({ ...renderApiKey(stored), api_key: fresh.secret });
}

/** Nobody gives away what they haven't got. @throws Problem that names the scope */
function mayGive({ scopes: own }: Caller, wanted: readonly string[]): void {
  const lacking = wanted.find((scope) => !own.includes(scope));
  if (lacking !== undefined)
    throw new Problem('forbidden', `a key can only be given scopes of its maker: ${lacking} is not`);
}

/** A key as its merchant sees it. */
const renderApiKey = (key: ApiKeyRecord) => ({
  key_id: key.keyId,
  name: key.name,
  prefix: key.prefix,
  scopes: key.scopes,
  created_by: key.createdBy,
  created_at: key.createdAt.toISOString(),
  expires_at: key.expiresAt?.toISOString() ?? null,
  last_used_at: key.lastUsedAt?.toISOString() ?? null,
  revoked_at: key.revokedAt?.toISOString() ?? null,
  rotated_from: key.rotatedFrom,
});
