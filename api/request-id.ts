import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';

/** Gives each request an id of our own, which is in its answer and in what is recorded of it. */
export const giveRequestId: RequestHandler = (_request, response, next) => {
  const requestId = randomUUID();
  (response.locals as { requestId?: string }).requestId = requestId;
  response.setHeader('Request-Id', requestId);
  next();
};

export const requestIdOf = (response: Response): string => (response.locals as { requestId?: string }).requestId ?? '';
