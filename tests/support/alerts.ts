import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** An alerting rule, as Prometheus reads it. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

export function readAlerts(file: string): Alert[] {
  const { groups } = parse(readFileSync(file, 'utf8')) as { groups: { rules: Alert[] }[] };
  return groups.flatMap(({ rules }) => rules);
}
