import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';

const idleMs = 65_000;
const toldIdleSeconds = 50;

/**
 * The HTTP server that stands before an app.
 * A client that sends its request byte by byte is cut off. An idle connection is kept for longer than clients are told
 * (`Keep-Alive: timeout`): a request that leaves in the moment in which the server closes would be reset, and who sent
 * it could not know whether it was heard (RFC 9112 section 9.6).
 */
export function createHttpServer(app: RequestListener): Server {
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: idleMs, connectionsCheckingInterval: 2_000 },
    app,
  );
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (response.shouldKeepAlive) response.setHeader('Keep-Alive', `timeout=${String(toldIdleSeconds)}`);
  });
  return server;
}
