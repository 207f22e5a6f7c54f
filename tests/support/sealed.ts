import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { failureConverterPath } from '../../temporal/data-converter';
import { workflowSources } from '../../temporal/workflow-sources';
import { testServers } from './servers';

/** The path of a workflow bundle whose failures are sealed as well, with the tests' short timers. */
export async function sealedBundle(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    ...workflowSources,
    workflowInterceptorModules: [join(__dirname, 'short-timers')],
    failureConverterPath,
    logger: new DefaultLogger('ERROR'),
  });
  const bundle = join(mkdtempSync(join(testServers().folder, 'sealed-')), 'bundle.js');
  writeFileSync(bundle, code);
  return bundle;
}
