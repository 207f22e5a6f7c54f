/** Why a file is refused: nothing of it is taken over. */
export class FileRefused extends Error {
  /** @param lineNumber where in the file, counted from 1 with its header; null for the whole of it */
  constructor(
    readonly verdict: 'empty' | 'malformed' | 'cut_short' | 'wrong_totals' | 'doubled',
    message: string,
    readonly lineNumber: number | null = null,
  ) {
    super(message);
    this.name = 'FileRefused';
  }
}

/** What lines come to, by currency, while they are read. Minor units. */
export class RunningTotals {
  private readonly byCurrency = new Map<string, { lines: number; amount: bigint; fee: bigint; net: bigint }>();

  add(currency: string, amount: bigint, fee: bigint, net: bigint, lines = 1): void {
    const sums = this.byCurrency.get(currency) ?? { lines: 0, amount: 0n, fee: 0n, net: 0n };
    this.byCurrency.set(currency, {
      lines: sums.lines + lines,
      amount: sums.amount + amount,
      fee: sums.fee + fee,
      net: sums.net + net,
    });
  }

  has = (currency: string): boolean => this.byCurrency.has(currency);

  list(): { currency: string; lines: number; amount: string; fee: string; net: string }[] {
    return [...this.byCurrency]
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([currency, { lines, amount, fee, net }]) => ({
        currency,
        lines,
        amount: amount.toString(),
        fee: fee.toString(),
        net: net.toString(),
      }));
  }

  /** @throws FileRefused `wrong_totals` when these are not the totals that the file says it has */
  mustBe(said: RunningTotals): void {
    const [ours, theirs] = [this.list(), said.list()];
    for (const currency of new Set([...ours, ...theirs].map((row) => row.currency))) {
      const found = ours.find((row) => row.currency === currency);
      const told = theirs.find((row) => row.currency === currency);
      if (JSON.stringify(found) !== JSON.stringify(told))
        throw new FileRefused(
          'wrong_totals',
          `${currency}: the file says ${told === undefined ? 'nothing' : words(told)}, its lines are ${found === undefined ? 'none' : words(found)} (smallest units)`,
        );
    }
  }
}

const words = ({ lines, amount, fee, net }: { lines: number; amount: string; fee: string; net: string }): string =>
  `${String(lines)} lines, gross ${amount}, fee ${fee}, net ${net}`;
