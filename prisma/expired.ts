import type { PrismaClient } from './database';

/** A kept answer has said itself when it ends (I2). */
export const deleteExpiredAnswers = (identity: PrismaClient, most: number): Promise<number> =>
  identity.$executeRaw`
    DELETE FROM identity.idempotent_answer WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM identity.idempotent_answer WHERE expires_at < now() LIMIT ${most}::integer))`;

/** Keys under which something was made, which are a guard against making it twice for far longer than their answers are kept. */
export const deleteOldKeys = (
  { payments, payouts }: { readonly payments: PrismaClient; readonly payouts: PrismaClient },
  days: number,
  most: number,
): Promise<number>[] => [
  payments.$executeRaw`
    DELETE FROM payments.idempotency_key WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM payments.idempotency_key WHERE created_at < now() - make_interval(days => ${days}::integer) LIMIT ${most}::integer))`,
  payouts.$executeRaw`
    DELETE FROM payouts.idempotency_key WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM payouts.idempotency_key WHERE created_at < now() - make_interval(days => ${days}::integer) LIMIT ${most}::integer))`,
];

/** Parts of uploads that broke off: what became a file is under its hash, and goes with its verdict. */
export const deleteBrokenUploads = (reconciliation: PrismaClient, most: number): Promise<number> =>
  reconciliation.$executeRaw`
    DELETE FROM reconciliation.file_part WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM reconciliation.file_part
      WHERE file_id LIKE 'upload-%' AND received_at < now() - interval '1 day' LIMIT ${most}::integer))`;
