import { worthOf } from './domain/fx';
import type { Databases } from './prisma/database';
import type { StoredSheet } from './prisma/fx';
import { balancesOfAccount, lastRevaluation } from './prisma/ledger-report';

/** One currency that is held against others: above zero so much of it is held, below so much is owed. Minor units. */
export interface Position {
  readonly currency: string;
  readonly minor: bigint;
  /** In the report's currency; null where the rates have none of it. */
  readonly worthMinor: bigint | null;
}

/** A merchant's positions, valued in one currency. */
export interface PositionReport {
  readonly currency: string;
  readonly sheet: StoredSheet;
  readonly positions: readonly Position[];
  /** What all of them together have gained since they were last revalued: then they were worth nothing. Null while one has no rate. */
  readonly gainMinor: bigint | null;
  /** The day of the rates by which they were last revalued. */
  readonly revaluedAsOf: string | null;
}

/**
 * What a merchant holds in each currency against the others. The account of a position is the other side of what is held, so what stands
 * there as a credit is held.
 */
export async function positionReport(
  { ledger }: Pick<Databases, 'ledger'>,
  merchantId: string,
  sheet: StoredSheet,
  currency: string,
): Promise<PositionReport> {
  const balances = await balancesOfAccount(ledger, [merchantId], 'fx_position');
  const positions = [...balances]
    .map(([held, debit]) => ({ currency: held, minor: -debit }))
    .filter(({ minor }) => minor !== 0n)
    .sort((a, b) => (a.currency < b.currency ? -1 : 1))
    .map((held) => ({ ...held, worthMinor: worthOf(sheet, held, currency) ?? null }));
  const gainMinor = positions.reduce<bigint | null>(
    (sum, { worthMinor }) => (sum === null || worthMinor === null ? null : sum + worthMinor),
    0n,
  );
  return { currency, sheet, positions, gainMinor, revaluedAsOf: await lastRevaluation(ledger, merchantId) };
}
