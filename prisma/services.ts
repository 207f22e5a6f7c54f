/** One schema, one login role and one connection string per service. */
export const serviceNames = [
  'payments',
  'wallet',
  'ledger',
  'identity',
  'payouts',
  'events',
  'reconciliation',
  'risk',
] as const;
export type ServiceName = (typeof serviceNames)[number];
export type ServiceUrls = Readonly<Record<ServiceName, string>>;

export const serviceRole = (service: ServiceName): string => `paysaga_${service}`;
