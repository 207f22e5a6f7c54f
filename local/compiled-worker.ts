import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(__dirname, '..');

/**
 * The worker as one file, beside the packages that it loads, for those who kill workers so often that starting them is most
 * of the work. Answers its path.
 *
 * @param user has a file of its own, so that two don't write the same one
 */
export async function compiledWorker(user: string): Promise<string> {
  const outfile = join(root, 'node_modules', `.paysaga-${user}`, 'worker.js');
  await build({
    entryPoints: [join(root, 'worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  return outfile;
}
