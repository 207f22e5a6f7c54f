import { platformAccountTypes, receivableAccount, type PostingLine } from './ledger';
import { toPositiveMinorUnits, type Money } from './money';
import type { Posting } from './posting';

/** One line of a posting that a person proposes: one of debit and credit, a decimal in major units. */
export interface AdjustmentLine {
  readonly account: string;
  readonly debit?: string | undefined;
  readonly credit?: string | undefined;
}

/** What a person proposes to post. Stored as it was proposed. */
export interface Adjustment {
  readonly currency: string;
  /** ISO 8601; must not be in a closed period. */
  readonly effective_at: string;
  readonly lines: readonly AdjustmentLine[];
}

/** A proposed posting that can't be. `line` says which, where one is at fault. */
export class AdjustmentError extends Error {
  constructor(
    readonly line: number | null,
    message: string,
  ) {
    super(message);
    this.name = 'AdjustmentError';
  }
}

/** A seller's accounts that a person may post to. What is pending or reserved belongs to an order or a dispute. */
const sellerAccounts = /^(?:seller:([A-Za-z0-9._-]{1,64}):available|receivable:seller:([A-Za-z0-9._-]{1,64}))$/;

/**
 * The posting that an adjustment means, and whose wallet follows it.
 *
 * @throws AdjustmentError that names the line and says what would be right
 * @throws MoneyError for an amount that isn't one
 */
export function adjustmentPosting(adjustment: Adjustment): {
  readonly posting: Posting;
  readonly seller: string | null;
} {
  const { currency } = adjustment;
  const sellers = new Set<string>();
  const lines = adjustment.lines.map((line, index): PostingLine => {
    const seller = sellerAccounts.exec(line.account);
    if (seller !== null) sellers.add(seller[1] ?? seller[2] ?? '');
    else if (!Object.hasOwn(platformAccountTypes, line.account))
      throw new AdjustmentError(index, `"${line.account.slice(0, 80)}" is no account that can be posted to by hand`);
    if ((line.debit === undefined) === (line.credit === undefined))
      throw new AdjustmentError(index, 'must have either debit or credit');
    return {
      account: line.account,
      amountMinor:
        line.debit !== undefined
          ? toPositiveMinorUnits({ amount: line.debit, currency })
          : -toPositiveMinorUnits({ amount: line.credit ?? '', currency }),
    };
  });
  if (lines.length < 2) throw new AdjustmentError(null, 'must have at least two lines');
  if (new Set(lines.map((line) => line.account)).size < lines.length)
    throw new AdjustmentError(null, 'must name each account once');
  if (lines.reduce((sum, line) => sum + line.amountMinor, 0n) !== 0n)
    throw new AdjustmentError(null, 'debits and credits must be equal');
  if (sellers.size > 1) throw new AdjustmentError(null, 'must be about one seller at most');
  return { posting: { kind: 'adjustment', lines, seller: null }, seller: [...sellers][0] ?? null };
}

/** What a seller owes and will never pay: the platform's loss (P3). */
export function writeOffPosting(seller: string, owed: Money): Posting {
  const amountMinor = toPositiveMinorUnits(owed);
  return {
    kind: 'write_off',
    lines: [
      { account: 'bad_debt', amountMinor },
      { account: receivableAccount(seller), amountMinor: -amountMinor },
    ],
    seller: null,
  };
}
