import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { freePort } from '../../local/ports';

/** A sign-in service as OpenID Connect has it: it describes itself, shows its keys, and signs tokens. */
export class TestIssuer {
  private constructor(
    readonly url: string,
    private readonly key: CryptoKey,
    private readonly server: Server,
  ) {}

  static async start(): Promise<TestIssuer> {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
    const port = await freePort();
    const issuer = `http://127.0.0.1:${String(port)}`;
    const server = createServer((request, response) => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(request.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` }));
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return new TestIssuer(issuer, privateKey, server);
  }

  /** A token of somebody, as a header. */
  async bearer(
    claims: Record<string, unknown>,
    {
      by = this.key,
      audience = 'paysaga',
      from = this.url,
      expires = Math.floor(Date.now() / 1_000) + 300,
    }: { by?: CryptoKey; audience?: string; from?: string; expires?: number } = {},
  ): Promise<Record<string, string>> {
    const jwt = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setSubject('grace')
      .setIssuer(from)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(by);
    return { Authorization: `Bearer ${jwt}` };
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
