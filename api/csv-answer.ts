import type { Response } from 'express';
import { csvLine } from '../domain/csv';

/** What an export reads at a time. */
const batch = 1_000;

/**
 * Answers with all rows that there are, read bit by bit, as fast as they are taken.
 *
 * @param read so many of the rows that follow one, or the first
 */
export async function answerCsv<Row>(
  response: Response,
  file: string,
  columns: readonly string[],
  read: (limit: number, after: Row | undefined) => Promise<readonly Row[]>,
  cells: (row: Row) => readonly (string | null)[],
): Promise<void> {
  // A database that is away is told of while there is a status to tell it with.
  let found = await read(batch, undefined);
  response.type('text/csv').attachment(file);
  response.write(csvLine(columns));
  for (;;) {
    if (!response.write(found.map((row) => csvLine(cells(row))).join('')))
      await new Promise<void>((resolve) => {
        response.once('drain', resolve).once('close', resolve);
      });
    const last = found.at(-1);
    if (last === undefined || found.length < batch || response.closed) break;
    found = await read(batch, last);
  }
  response.end();
}
