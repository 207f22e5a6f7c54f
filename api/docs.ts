import { dirname, join } from 'node:path';
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
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

interface Resource {
  /** By method. */
  readonly operations: ReadonlyMap<string, Operation>;
  readonly pattern: RegExp;
}
const resources: readonly (Resource & { readonly path: string })[] = [
  ...new Set(operations.map(({ path }) => path)),
].map((path) => ({
  path,
  operations: new Map(
    operations
      .filter((operation) => operation.path === path)
      .map((operation) => [operation.method.toUpperCase(), operation]),
  ),
  pattern: new RegExp(`^${path.replace('{id}', '([^/]+)')}$`),
}));
const exact = new Map(
  resources.filter(({ path }) => !path.includes('{id}')).map((resource) => [resource.path, resource]),
);
const withIds = resources.filter(({ path }) => path.includes('{id}'));

interface Called {
  readonly operation: Operation;
  readonly id: string | undefined;
}

/** The call that a request makes, and the id in its path. @throws Problem for one that is not described */
function calledBy(request: Request, response: Response): Called {
  const path = `${request.baseUrl}${request.path}`.replace(/\/$/, '');
  const resource = exact.get(path) ?? withIds.find(({ pattern }) => pattern.test(path));
  if (resource === undefined) throw new Problem('not-found', 'there is no such path');
  const operation = resource.operations.get(request.method === 'HEAD' ? 'GET' : request.method);
  if (operation !== undefined) return { operation, id: resource.pattern.exec(path)?.[1] };
  const methods = [...resource.operations.keys()];
  const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
  response.setHeader('Allow', allowed);
  throw new Problem('method-not-allowed', `this path takes ${allowed}`);
}

/**
 * Lets nothing through that the description doesn't tell of: a route that was forgotten there is not there. A path that is
 * there, but not for that method, says for which ones it is (RFC 9110, 15.5.6). No other origin's pages are let in, so
 * OPTIONS is none of them.
 */
export const onlyDescribed: RequestHandler = (request, response, next) => {
  (response.locals as { called?: Called }).called = calledBy(request, response);
  next();
};

/**
 * After {@link onlyDescribed}: lets nobody further who could not make the call: before what was answered earlier under its key is looked up, so that a call is
 * answered again to whoever might make it, and to nobody else. The call itself looks once more, and closer.
 */
export const onlyAllowed: RequestHandler = (request, response, next) => {
  const { called = calledBy(request, response) } = response.locals as { called?: Called };
  const { operation, id = '' } = called;
  const { scope, orScope, partScope, own } = operation;
  const isOwn = own !== undefined && (own.by === 'row' || callerOf(response).sellers.includes(id));
  const wanted = [scope, orScope, partScope, isOwn ? own.scope : undefined];
  callerWith(
    wanted.filter((one) => one !== undefined),
    response,
  );
  next();
};
