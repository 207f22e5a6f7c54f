import { dirname, join } from 'node:path';
import express, { type Request, type RequestHandler, type Router } from 'express';
import { callerOf, callerWith } from './authentication';
import { openApiDocument } from './openapi/document';
import type { Operation } from './openapi/operation';
import { operations } from './openapi/operations';
import { Problem } from './problem';

const assets = dirname(require.resolve('swagger-ui-dist/package.json'));
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Paysaga API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, persistAuthorization: false, validatorUrl: null });\n`;

/** `/openapi.json`, and `/docs` to read it in: served from here, with nothing fetched from elsewhere. */
export function docsRoutes(publicUrl: string, version: string): Router {
  const router = express.Router();
  const description = JSON.stringify(openApiDocument(publicUrl, version));
  router.get('/openapi.json', (_request, response) => {
    response.type('application/json').send(description);
  });
  router.get('/docs', (_request, response) => {
    response.type('text/html').send(page);
  });
  router.get('/docs/start.js', (_request, response) => {
    response.type('text/javascript').send(start);
  });
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'])
    router.get(`/docs/${file}`, (_request, response) => {
      response.sendFile(join(assets, file), { maxAge: '1 day' });
    });
  return router;
}

/** The call that a request makes, and the id in its path; nothing for one that is not described. */
function operationOf(request: Request): { operation: Operation; id: string | undefined } | undefined {
  const path = `${request.baseUrl}${request.path}`.replace(/\/$/, '');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const exact = byPath.get(`${method} ${path}`);
  if (exact !== undefined) return { operation: exact, id: undefined };
  for (const { operation, pattern } of withIds) {
    const match = operation.method.toUpperCase() === method ? pattern.exec(path) : null;
    if (match !== null) return { operation, id: match[1] };
  }
  return undefined;
}

/**
 * Lets nobody further who could not make the call: before what was answered earlier under its key is looked up, so that a call is
 * answered again to whoever might make it, and to nobody else. The call itself looks once more, and closer.
 */
export const onlyAllowed: RequestHandler = (request, response, next) => {
  const found = operationOf(request);
  if (found !== undefined) {
    const { operation, id } = found;
    const { scope, orScope, partScope, ownScope } = operation;
    const isOwn =
      ownScope !== undefined &&
      (id === undefined || !operation.path.startsWith('/v1/sellers/') || callerOf(response).sellers.includes(id));
    callerWith(
      [scope, orScope, partScope, isOwn ? ownScope : undefined].filter((one) => one !== undefined),
      response,
    );
  }
  next();
};

const byPath = new Map(
  operations
    .filter(({ path }) => !path.includes('{id}'))
    .map((operation) => [`${operation.method.toUpperCase()} ${operation.path}`, operation]),
);
const withIds = operations
  .filter(({ path }) => path.includes('{id}'))
  .map((operation) => ({ operation, pattern: new RegExp(`^${operation.path.replace('{id}', '([^/]+)')}$`) }));

const known = [...new Set(operations.map(({ path }) => path))].map((path) => ({
  methods: operations.filter((operation) => operation.path === path).map(({ method }) => method.toUpperCase()),
  pattern: new RegExp(`^${path.replace('{id}', '[^/]+')}/?$`),
  isExact: !path.endsWith('{id}'),
}));

/**
 * Lets nothing through that the description doesn't tell of: a route that was forgotten there is not there. A path that is
 * there, but not for that method, says for which ones it is (RFC 9110, 15.5.6). No other origin's pages are let in, so
 * OPTIONS is none of them.
 */
export const onlyDescribed: RequestHandler = (request, response, next) => {
  const path = `${request.baseUrl}${request.path}`;
  const found = known.filter(({ pattern }) => pattern.test(path));
  const resource = found.find(({ isExact }) => isExact) ?? found[0];
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (resource === undefined) throw new Problem('not-found', 'there is no such path');
  if (resource.methods.includes(method)) {
    next();
    return;
  }
  const allowed = [...resource.methods, ...(resource.methods.includes('GET') ? ['HEAD'] : [])].join(', ');
  response.setHeader('Allow', allowed);
  throw new Problem('method-not-allowed', `this path takes ${allowed}`);
};
