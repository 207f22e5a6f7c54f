import express, { type Request, type Response, type Router } from 'express';
import { kindRules } from '../domain/notification';
import { readUnsubscribeToken, type Unsubscription } from '../notifications/addresses';
import { optIn, optOut } from '../prisma/notification';
import { asMerchant } from '../prisma/tenant';
import type { ApiDependencies } from './checkouts';

const kinds: Readonly<Record<string, string>> = {
  receipt: 'receipts',
  refund: 'messages about refunds',
  payout_paid: 'messages about payouts',
  statement: 'messages about statements',
  dispute_opened: 'messages about new disputes',
  break_opened: 'messages about new breaks',
};

/**
 * Where the link in a message leads. Opening it changes nothing, as mail servers open links too; the button does, and so does the one
 * click that a mail program makes by itself (RFC 8058).
 */
export function unsubscribeRoutes({ databases, secretsKey }: ApiDependencies): Router {
  const { events } = databases;
  const router = express.Router();
  router.get('/', (request, response) => {
    const found = readToken(request);
    if (found === undefined) unknown(response);
    else answer(response, 200, asked(found, tokenOf(request)));
  });
  router.post('/', express.urlencoded({ extended: false, limit: '1kb' }), async (request, response) => {
    const found = readToken(request);
    if (found === undefined) {
      unknown(response);
      return;
    }
    const { merchantId, addressHash, kind } = found;
    const isUndone = (request.body as { undo?: unknown } | undefined)?.undo !== undefined;
    const change = isUndone ? optIn : optOut;
    await asMerchant(merchantId, () => change(events, merchantId, addressHash, kind));
    answer(response, 200, isUndone ? again(found, tokenOf(request)) : done(found, tokenOf(request)));
  });
  return router;

  function readToken(request: Request): Unsubscription | undefined {
    const found = readUnsubscribeToken(secretsKey, tokenOf(request));
    return found !== undefined && kindRules[found.kind].optional ? found : undefined;
  }
}

const tokenOf = (request: Request): string => {
  const { token } = request.query;
  return typeof token === 'string' ? token : '';
};

const form = (token: string, label: string, undo = false): string =>
  `<form method="post" action="/unsubscribe?token=${encodeURIComponent(token)}">${undo ? '<input type="hidden" name="undo" value="1">' : ''}<button>${label}</button></form>`;

const name = ({ kind }: Unsubscription): string => kinds[kind] ?? kind;
const asked = (found: Unsubscription, token: string): string =>
  `<h1>No more ${name(found)}?</h1><p>Messages that need you to do something still come.</p>${form(token, 'Stop them')}`;
const done = (found: Unsubscription, token: string): string =>
  `<h1>No more ${name(found)}</h1><p>You will get none from now on.</p>${form(token, 'Send them again', true)}`;
const again = (found: Unsubscription, token: string): string =>
  `<h1>You get ${name(found)} again</h1>${form(token, 'Stop them')}`;

const unknown = (response: Response): void =>
  answer(
    response,
    404,
    '<h1>This link does not work</h1><p>It may have been cut off: open it from the message itself.</p>',
  );

function answer(response: Response, status: number, content: string): void {
  response.status(status).setHeader('Cache-Control', 'no-store');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.type('html').send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Messages</title>
<link rel="icon" href="data:,">
<style>
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 16px/1.5 system-ui, sans-serif; color: #1a1f36; background: #f6f8fa }
  main { max-width: 26rem; margin: 1rem; padding: 2rem; background: #fff; border-radius: 12px; box-shadow: 0 1px 3px #0002 }
  h1 { margin: 0 0 .5rem; font-size: 1.25rem } p { margin: 0 0 1rem; color: #4f566b }
  button { font: inherit; padding: .5rem 1.25rem; color: #fff; background: #2451b3; border: 0; border-radius: .375rem; cursor: pointer }
  @media (prefers-color-scheme: dark) { body { color: #e6e9f0; background: #12141c } main { background: #1d2030 } p { color: #a3acc2 } }
</style>
</head>
<body><main>${content}</main></body>
</html>
`);
}
