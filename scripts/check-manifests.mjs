// Reads Kubernetes objects as a JSON list from standard input and prints, as JSON, what their own schemas say against them.
// A program of its own: the schemas come as ES modules.
import { readFileSync } from 'node:fs';

const folderOf = (apiVersion) => {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const full = { policy: 'policy', apps: 'apps', batch: 'batch', autoscaling: 'autoscaling' }[group] ?? group;
  return full === '' ? version : `${full}/${version}`;
};
const problems = [];
for (const object of JSON.parse(readFileSync(0, 'utf8'))) {
  const name = `${object.kind} ${object.metadata?.name}`;
  try {
    const models = await import(`kubernetes-models/${folderOf(object.apiVersion)}/${object.kind}`);
    new models[object.kind](object).validate();
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
  }
}
console.log(JSON.stringify(problems));
