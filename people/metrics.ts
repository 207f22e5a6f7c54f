import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Registry } from 'prom-client';
import { happeningKinds, type HappeningKind } from '../prisma/people';

export interface PeopleMetrics {
  readonly happened: (kind: HappeningKind) => void;
  readonly expose: RequestHandler;
}

/** How often what has happened, for who watches whether somebody tries doors. Says nothing of who it was. */
export function peopleMetrics(): PeopleMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const happenings = new Counter({
    name: 'paysaga_people_happenings_total',
    help: 'What people have done about signing in, and what was done to them, by kind',
    labelNames: ['kind'],
    registers: [registry],
  });
  for (const kind of happeningKinds) happenings.inc({ kind }, 0);
  return {
    happened: (kind) => happenings.inc({ kind }),
    expose: async (_request, response) => {
      response.type(registry.contentType).send(await registry.metrics());
    },
  };
}
