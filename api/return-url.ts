const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Whether a buyer may be sent to a URL: it lies under an allowed one, https unless it is this machine. Loopback takes
 * any port (RFC 8252, 7.3). What only looks alike (another host's subdomain, a user name, `/..`) does not count.
 */
export function isAllowedReturnUrl(wanted: string, allowed: readonly string[]): boolean {
  const url = parsed(wanted);
  return (
    url !== undefined &&
    allowed.some((entry) => {
      const base = parsed(entry);
      return base !== undefined && sameOrigin(url, base) && under(url.pathname, base.pathname);
    })
  );
}

function parsed(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && loopback.has(url.hostname));
  return secure && url.username === '' && url.password === '' ? url : undefined;
}

const sameOrigin = (url: URL, base: URL): boolean =>
  loopback.has(base.hostname) && base.port === ''
    ? url.hostname === base.hostname && url.protocol === base.protocol
    : url.origin === base.origin;

const under = (path: string, base: string): boolean =>
  path === base || path.startsWith(base.endsWith('/') ? base : `${base}/`);
