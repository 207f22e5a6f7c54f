import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { createHttpServer } from './http-server';

describe('createHttpServer', () => {
  it('tells clients to let an idle connection go well before it does', async () => {
    const server = createHttpServer((_request, response) => response.end('here'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      const kept = await fetch(url);
      expect(await kept.text()).toBe('here');
      const told = Number(/^timeout=(\d+)$/.exec(kept.headers.get('keep-alive') ?? '')?.[1]);
      expect(told).toBeGreaterThan(30);
      expect(server.keepAliveTimeout - told * 1000).toBeGreaterThanOrEqual(10_000);

      const closed = await fetch(url, { headers: { Connection: 'close' } });
      expect(closed.headers.get('connection')).toBe('close');
      expect(closed.headers.get('keep-alive')).toBeNull();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
