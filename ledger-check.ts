import type { Databases } from './prisma/database';
import { allSellerBalances, bookProblems, chainHead, checkChain, merchantsWithBooks } from './prisma/ledger-report';
import { allWallets } from './prisma/wallet';

/** What a check of one merchant's book found. */
export interface LedgerCheck {
  readonly merchantId: string;
  readonly links: string;
  /** Kept elsewhere, it tells whether the whole chain was made anew. */
  readonly head: string | null;
  /** Empty when all is well; else each names what is wrong, the changed row included. */
  readonly problems: readonly string[];
}

/**
 * Proves every book: entries sum to zero, positions and pending money are their accounts, no link of the chain was changed
 * (V10), and every wallet is its ledger accounts (L6, V3). Reads only. While money moves, a wallet may be a step behind its
 * ledger: what differs is read again before it counts.
 *
 * @param only these merchants' books; left out, every one
 */
export async function checkLedger(
  databases: Databases,
  pauseMs = 2_000,
  only?: readonly string[],
): Promise<LedgerCheck[]> {
  const { ledger } = databases;
  const checks: LedgerCheck[] = [];
  for (const merchantId of await merchantsWithBooks(ledger)) {
    if (only?.includes(merchantId) === false) continue;
    const { links, problems } = await checkChain(ledger, merchantId);
    const changed = problems.map(
      ({ seq, transactionId, source, problem }) =>
        `link ${seq.toString()}, transaction ${transactionId.toString()} (${source}): ${problem}`,
    );
    const head = (await chainHead(ledger, merchantId))?.hash ?? null;
    const found = [
      ...changed,
      ...(await bookProblems(ledger, merchantId)),
      ...(await walletProblems(databases, merchantId, pauseMs)),
    ];
    checks.push({ merchantId, links: links.toString(), head, problems: found });
  }
  return checks;
}

async function walletProblems(databases: Databases, merchantId: string, pauseMs: number): Promise<string[]> {
  const first = await differingWallets(databases, merchantId);
  if (first.length === 0) return [];
  await new Promise((next) => setTimeout(next, pauseMs));
  const second = new Set(await differingWallets(databases, merchantId));
  return first.filter((problem) => second.has(problem));
}

async function differingWallets({ ledger, wallet }: Databases, merchantId: string): Promise<string[]> {
  const nothing = { pending: 0n, available: 0n, reserved: 0n, owed: 0n };
  const key = ({ seller, currency }: { seller: string; currency: string }): string => `${seller} ${currency}`;
  const wallets = new Map((await allWallets(wallet, merchantId)).map((row) => [key(row), row]));
  const books = new Map((await allSellerBalances(ledger, merchantId)).map((row) => [key(row), row]));
  return [...new Set([...wallets.keys(), ...books.keys()])].flatMap((name) => {
    const [kept, book] = [wallets.get(name) ?? nothing, books.get(name) ?? nothing];
    return (['pending', 'available', 'reserved', 'owed'] as const)
      .filter((balance) => kept[balance] !== book[balance])
      .map(
        (balance) =>
          `wallet of ${name}: ${balance} is ${kept[balance].toString()}, the ledger says ${book[balance].toString()}`,
      );
  });
}
