import { join } from 'node:path';

const workflowsPath = join(__dirname, '..', 'workflows');

/**
 * What a bundle of the workflows is made of. Their modules are loaded once and shared, frozen, by all runs of a worker, not evaluated again for each:
 * nothing in `workflows/` or `domain/` may keep anything of a run at a module's own scope.
 */
export const workflowSources = { workflowsPath, preloadModules: [workflowsPath] };
