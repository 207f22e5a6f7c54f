import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { openApiDocument } from '../api/openapi/document';
import { operations } from '../api/openapi/operations';
import { version } from '../package.json';

/** `npm run client`: writes what the client knows of the API from its description; `--check` only says whether it is up to date. */
async function main(): Promise<void> {
  const note = '// Made by `npm run client` from the API description; not to be edited.\n';
  const description = openApiDocument('https://pay.example.com', version);
  const types = astToString(await openapiTypescript(JSON.stringify(description)));
  const routes = operations.map(({ id, method, path }) => `  ${id}: ['${method}', '${path}'],`).join('\n');
  const files = {
    'client/src/api.ts': `${note}${types}`,
    'client/src/routes.ts': `${note}/** Method and path of each call. */\nexport const routes = {\n${routes}\n} as const;\n`,
  };
  const stale = Object.entries(files).filter(
    ([path, content]) => !existsSync(path) || readFileSync(path, 'utf8') !== content,
  );
  if (process.argv.includes('--check') && stale.length > 0) {
    console.error(`client: ${stale.map(([path]) => path).join(', ')} is not up to date: npm run client`);
    process.exit(1);
  }
  for (const [path, content] of stale) writeFileSync(path, content);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
