import { dirname, join } from 'node:path';
import express, { type RequestHandler, type Router } from 'express';
import { openApiDocument } from './openapi/document';
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

const known = operations.map(({ path, method }) => ({
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replace('{id}', '[^/]+')}/?$`),
}));

/** A path that is there, but not for that method, says for which ones it is (RFC 9110, 15.5.6). */
export const refuseMethod: RequestHandler = (request, response, next) => {
  const allowed = known.filter(({ pattern }) => pattern.test(`${request.baseUrl}${request.path}`));
  if (allowed.length === 0) {
    next();
    return;
  }
  const methods = [...new Set(allowed.map(({ method }) => method))].join(', ');
  response.setHeader('Allow', methods);
  throw new Problem('method-not-allowed', `this path takes ${methods}`);
};
