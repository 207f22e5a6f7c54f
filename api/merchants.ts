import express, { type Router } from 'express';
import { merchantChange, renderMerchant } from '../merchants';
import { changeMerchant, createMerchant, findMerchant, listMerchants, type MerchantRecord } from '../prisma/identity';
import { asEverybody, asMerchant } from '../prisma/tenant';
import { giveApiKey } from './api-keys';
import { callerWith } from './authentication';
import type { ApiDependencies } from './checkouts';
import { idOf, listAnswer, pageOf } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { apiKeyBody, merchantBody, merchantChangeBody } from './schemas';
import { platformScopes } from './scopes';

/** The merchants of the platform, for who runs it: made, changed, and given their first keys. */
export function merchantRoutes({ databases, secretsKey }: ApiDependencies): Router {
  const { identity } = databases;
  const router = express.Router();

  router.get('/', async (request, response) => {
    callerWith('merchants:read', response);
    const { limit, after } = pageOf(request);
    const found = await asEverybody(() => listMerchants(identity, limit + 1, after));
    response.json(listAnswer(found, limit, renderMerchant, (merchant) => merchant.merchantId));
  });

  router.get('/:id', async (request, response) => {
    callerWith('merchants:read', response);
    response.json(renderMerchant(await mustFind(idOf(request))));
  });

  router.post('/', async (request, response) => {
    callerWith('merchants:write', response);
    const { merchant_id: merchantId, ...said } = readBody(request, merchantBody);
    const wanted = { ...merchantChange(merchantId, said, secretsKey), name: said.name };
    if (!(await asMerchant(merchantId, () => createMerchant(identity, merchantId, wanted))))
      throw new Problem('id-reused', 'there is a merchant of this id already: change it with PUT', [
        { pointer: '/merchant_id', detail: 'is a merchant already' },
      ]);
    response
      .status(201)
      .location(`/v1/merchants/${merchantId}`)
      .json(renderMerchant(await mustFind(merchantId)));
  });

  router.put('/:id', async (request, response) => {
    callerWith('merchants:write', response);
    const said = readBody(request, merchantChangeBody);
    const { merchantId } = await mustFind(idOf(request));
    await asMerchant(merchantId, () =>
      changeMerchant(identity, merchantId, merchantChange(merchantId, said, secretsKey)),
    );
    response.json(renderMerchant(await mustFind(merchantId)));
  });

  router.post('/:id/api_keys', async (request, response) => {
    const { actor } = callerWith('merchants:write', response);
    const { name, scopes, expires_at: expiresAt } = readBody(request, apiKeyBody);
    const own = scopes.find((scope) => (platformScopes as readonly string[]).includes(scope));
    if (own !== undefined)
      throw new Problem('forbidden', `${own} is the platform's: only "npm run admin" on its own machines gives it`);
    const { merchantId } = await mustFind(idOf(request));
    const wanted = { name, scopes, expiresAt: expiresAt === undefined ? null : new Date(expiresAt) };
    await asMerchant(merchantId, () => giveApiKey(identity, request, response, { merchantId, actor }, wanted));
  });
  return router;

  async function mustFind(merchantId: string): Promise<MerchantRecord> {
    const merchant = await asMerchant(merchantId, () => findMerchant(identity, merchantId));
    if (merchant === undefined) throw new Problem('not-found', 'there is no such merchant');
    return merchant;
  }
}
