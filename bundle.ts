import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { failureConverterPath, sealedBundle } from './temporal/data-converter';

/**
 * `npm run bundle -- PATH`: the workflows as one file that workers load (`WORKFLOW_BUNDLE`), and beside it the one for workers whose
 * payloads are sealed. A process of its own: what the bundler takes in memory is free again when a worker begins.
 */
async function main(): Promise<void> {
  const [path, only] = process.argv.slice(2);
  if (path?.endsWith('.js') !== true) throw new Error('where to? A path that ends in .js');
  for (const sealed of only === undefined ? [false, true] : [only === '--sealed']) {
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(__dirname, 'workflows'),
      logger: new DefaultLogger('ERROR'),
      ...(sealed && { failureConverterPath }),
    });
    writeFileSync(sealed ? sealedBundle(path) : path, code);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
