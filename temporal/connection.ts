import { readFileSync } from 'node:fs';

/** How to reach the Temporal server; the same for clients and workers. */
export interface TemporalSettings {
  readonly TEMPORAL_ADDRESS: string;
  readonly TEMPORAL_API_KEY?: string | undefined;
  readonly TEMPORAL_TLS_CERT?: string | undefined;
  readonly TEMPORAL_TLS_KEY?: string | undefined;
}

/** Connection options with mTLS or an API key where they are configured, and plain text for a local server. */
export function connectionOptions(settings: TemporalSettings) {
  const { TEMPORAL_TLS_CERT: certificate, TEMPORAL_TLS_KEY: key, TEMPORAL_API_KEY: apiKey } = settings;
  return {
    address: settings.TEMPORAL_ADDRESS,
    ...(certificate !== undefined &&
      key !== undefined && { tls: { clientCertPair: { crt: readFileSync(certificate), key: readFileSync(key) } } }),
    ...(apiKey !== undefined && { apiKey, ...(certificate === undefined && { tls: true }) }),
  };
}
