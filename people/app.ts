import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { problemHandler } from '../api/problem';
import { giveRequestId } from '../api/request-id';
import { accountRoutes } from './account';
import { administrationRoutes } from './administration';
import { alarmRoutes } from './alarms';
import { approvalRoutes } from './approvals';
import { happeningRoutes } from './happenings';
import { issuerRoutes } from './issuer';
import { styleSheet } from './page';
import { passkeyRoutes } from './passkeys';
import { paymentRoutes } from './payments';
import { sellingRoutes } from './selling';
import { signInRoutes } from './sign-in';
import { mustVisit, Turned, turned, type PeopleDependencies } from './visit';

/** The sign-in service: pages for people, and an issuer of tokens for the API. */
export function createPeopleApp(dependencies: PeopleDependencies): Express {
  const { logger, metrics, publicUrl, trustedProxies } = dependencies;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('trust proxy', [...trustedProxies]);
  app.use(
    giveRequestId,
    helmet({
      referrerPolicy: { policy: 'same-origin' },
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          connectSrc: ["'self'"],
          workerSrc: ["'self'"],
          imgSrc: ['data:'],
          formAction: ["'self'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
    }),
    (_request, response, next) => {
      response.setHeader('Cache-Control', 'no-store');
      next();
    },
  );
  app.get('/metrics', metrics.expose);
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/page.css', (_request, response) => void response.type('css').send(styleSheet));
  app.use(issuerRoutes(dependencies));
  app.use(ownPagesOnly(new URL(publicUrl).origin));
  app.get('/', async (request, response) => {
    const { roles, sellers } = await mustVisit(dependencies, request);
    response.redirect(303, roles.length > 0 ? '/approvals' : sellers.length > 0 ? '/selling' : '/payments');
  });
  app.use(
    signInRoutes(dependencies),
    passkeyRoutes(dependencies),
    accountRoutes(dependencies),
    approvalRoutes(dependencies),
    alarmRoutes(dependencies),
    administrationRoutes(dependencies),
    happeningRoutes(dependencies),
    sellingRoutes(dependencies),
    paymentRoutes(dependencies),
  );
  app.use(() => {
    throw Turned.away(404, 'There is no such page.');
  });
  app.use(turned, problemHandler(logger));
  return app;
}

/** Whatever changes something comes from a page of our own (OWASP, Cross-Site Request Forgery Prevention: Fetch metadata, origin). */
function ownPagesOnly(ownOrigin: string): RequestHandler {
  return (request, _response, next) => {
    if (request.method === 'GET' || request.method === 'HEAD') {
      next();
      return;
    }
    const [site, origin] = [request.get('sec-fetch-site'), request.get('origin')];
    const isForeign = (site !== undefined && site !== 'same-origin') || (origin !== undefined && origin !== ownOrigin);
    if (isForeign) throw Turned.away(403, 'That came from a page of somebody else.');
    next();
  };
}
