/** One schema, one login role and one connection string per service: what API and worker open. */
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

/** And the schema of those who sign in, which only the sign-in service opens. */
export const schemaNames = [...serviceNames, 'people'] as const;
export type SchemaName = (typeof schemaNames)[number];
export type SchemaUrls = Readonly<Record<SchemaName, string>>;

export const serviceRole = (schema: SchemaName): string => `paysaga_${schema}`;
