import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RatesUnreadable } from './rate-source';

const patienceMs = 10_000;
/** A list of a hundred currencies has some ten kilobytes, three months of them some hundred. */
const mostBytes = 4 * 1024 * 1024;
/** The newest ones of a folder. */
const mostFiles = 10;

/** Where a list of rates is read. */
export interface RatePlace {
  /** A URL, or the path of a folder of such files. */
  readonly from: string;
  /** What its files end in. */
  readonly ending: '.xml' | '.json';
  /** Sent as a bearer token, for services that want one. */
  readonly token?: string | undefined;
}

/** The texts of the files of rates at a place: one of a URL, the newest ones of a folder. @throws RatesUnreadable */
export async function rateFiles({ from, ending, token }: RatePlace): Promise<string[]> {
  try {
    return /^https?:\/\//.test(from) ? [await fetched(from, token)] : await filesOf(from, ending);
  } catch (error) {
    if (error instanceof RatesUnreadable) throw error;
    throw new RatesUnreadable(reasonOf(error as Trouble));
  }
}

/** What Node throws: of a failed connection the cause says why. */
interface Trouble {
  readonly name: string;
  readonly message: string;
  readonly cause?: { readonly message: string };
}

/** Without the URL, which may hold a key. */
const reasonOf = ({ name, message, cause }: Trouble): string =>
  name === 'TimeoutError' ? `no answer in ${String(patienceMs / 1_000)} s` : (cause?.message ?? message);

async function fetched(url: string, token: string | undefined): Promise<string> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(patienceMs),
    headers: {
      Accept: 'application/json, application/xml, text/xml',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
  });
  if (!response.ok) throw new RatesUnreadable(`the source of rates answers ${String(response.status)}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > mostBytes) throw new RatesUnreadable(`it has more than ${String(mostBytes)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function filesOf(folder: string, ending: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending) && !name.startsWith('.'));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { mtimeMs, size } = await stat(path);
      return { path, mtimeMs, size };
    }),
  );
  const newest = files.sort((one, other) => other.mtimeMs - one.mtimeMs).slice(0, mostFiles);
  if (newest.length === 0) throw new RatesUnreadable(`there is no ${ending} file in the folder`);
  const tooLarge = newest.find(({ size }) => size > mostBytes);
  if (tooLarge !== undefined) throw new RatesUnreadable(`${tooLarge.path} has more than ${String(mostBytes)} bytes`);
  return Promise.all(newest.map(({ path }) => readFile(path, 'utf8')));
}
