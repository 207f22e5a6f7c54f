import { writeFileSync } from 'node:fs';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { workflowSources } from './temporal/workflow-sources';
import { bundlePath, failureConverterPath, type BundleKind } from './temporal/data-converter';

/**
 * `npm run bundle -- PATH`: the workflows as one file that workers load (`WORKFLOW_BUNDLE`), and beside it those for workers whose payloads
 * are sealed, and for workers that are traced. `--one`, with `--sealed` and `--traced`, makes the one of that kind. A process of its own: what the bundler takes in memory is free again when a worker begins.
 */
async function main(): Promise<void> {
  const [path, ...flags] = process.argv.slice(2);
  if (path?.endsWith('.js') !== true) throw new Error('where to? A path that ends in .js');
  const wanted: BundleKind = { sealed: flags.includes('--sealed'), traced: flags.includes('--traced') };
  const all = [false, true].flatMap((sealed) => [false, true].map((traced) => ({ sealed, traced })));
  for (const kind of flags.includes('--one') ? [wanted] : all) {
    const { code } = await bundleWorkflowCode({
      ...workflowSources,
      logger: new DefaultLogger('ERROR'),
      ...(kind.sealed && { failureConverterPath }),
      ...(kind.traced && {
        workflowInterceptorModules: [
          require.resolve('@temporalio/interceptors-opentelemetry/lib/workflow-interceptors'),
        ],
      }),
    });
    writeFileSync(bundlePath(path, kind), code);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
