import { heartbeat, log } from '@temporalio/activity';
import { checkLedger } from '../ledger-check';
import type { PrismaClient } from '../prisma/database';
import { extendChain, linkMissed } from '../prisma/ledger-report';
import { saveLedgerCheck } from '../prisma/ledger';
import type { Dependencies } from './dependencies';

const mostBatches = 200;

/** Adds what was committed to the hash chains (V10). A retry is safe: each transaction is added once, under a lock. */
export async function extendChains({ databases }: Dependencies): Promise<{ added: number }> {
  let total = 0;
  for (let round = 0; round < mostBatches; round += 1) {
    heartbeat();
    const { added, more } = await extendChain(databases.ledger);
    total += added;
    if (!more) break;
  }
  return { added: total };
}

/** Goes through the whole book for transactions without a link. Safe to repeat: each is linked once, under a lock. */
export async function linkAllMissed(ledger: PrismaClient): Promise<void> {
  for (let reached: bigint | undefined = 0n; reached !== undefined; reached = await linkMissed(ledger, reached))
    heartbeat();
}

/**
 * Proves every book and keeps what it found, for metrics and people (L6, V10). A retry is safe: it reads. Links that a moved
 * mark has missed are made first.
 */
export async function verifyLedger({ databases }: Dependencies): Promise<{ problems: string[] }> {
  await linkAllMissed(databases.ledger);
  const checks = await checkLedger(databases);
  const problems = checks.flatMap(({ merchantId, problems: found }) =>
    found.map((problem) => `${merchantId}: ${problem}`),
  );
  for (const check of checks) {
    await saveLedgerCheck(databases.ledger, check);
    log.info('ledger checked', {
      merchantId: check.merchantId,
      links: check.links,
      head: check.head,
      problems: check.problems.length,
    });
  }
  if (problems.length > 0) log.error('the ledger does not prove itself', { problems: problems.slice(0, 20) });
  return { problems: problems.slice(0, 100) };
}
