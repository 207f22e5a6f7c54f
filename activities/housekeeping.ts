import { heartbeat } from '@temporalio/activity';
import { deleteBrokenUploads, deleteExpiredAnswers, deleteOldKeys } from '../prisma/expired';
import type { Dependencies } from './dependencies';

const batch = 5_000;
const mostBatches = 400;
/** Far longer than the seven days that are promised: a key that is sent again after months still makes nothing twice. */
const keyDays = 400;

export interface Tidied {
  readonly answers: number;
  readonly keys: number;
}

/** Deletes what has had its time, some rows at once. A retry is safe: it goes on with what is left. */
export async function deleteExpired({ databases }: Dependencies): Promise<Tidied> {
  let [answers, keys] = [0, 0];
  for (let round = 0; round < mostBatches; round += 1) {
    heartbeat();
    const gone = await deleteExpiredAnswers(databases.identity, batch);
    const [ofPayments = 0, ofPayouts = 0] = await Promise.all(deleteOldKeys(databases, keyDays, batch));
    await deleteBrokenUploads(databases.reconciliation, batch);
    answers += gone;
    keys += ofPayments + ofPayouts;
    if (Math.max(gone, ofPayments, ofPayouts) < batch) break;
  }
  return { answers, keys };
}
