import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import { openApiDocument } from '../../api/openapi/document';

interface Media {
  readonly schema?: object;
}
interface Reply {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

const description = openApiDocument('https://pay.example', '0') as unknown as {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Reply>> }>>>
  >;
  readonly components: { readonly responses: Readonly<Record<string, Reply>> };
};
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(description, 'openapi.json');
const paths = Object.keys(description.paths).map((path) => ({
  path,
  pattern: new RegExp(`^${path.replace('{id}', '[^/]+')}/?$`),
}));
const compiled = new Map<string, ValidateFunction | undefined>();
const escape = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

/** What an answer breaks of the API's own description; nothing when it keeps to it, or is about a path that it doesn't know. */
export function breaches(method: string, url: string, status: number, contentType: string, body: unknown): string[] {
  const [path = ''] = url.split('?');
  const found = paths.find(({ pattern }) => pattern.test(path));
  const operation = found === undefined ? undefined : description.paths[found.path]?.[method.toLowerCase()];
  if (found === undefined || operation === undefined) return [];
  const described = operation.responses[String(status)];
  if (described === undefined) return [`${method} ${found.path} is not said to answer ${String(status)}`];
  const media = contentType.split(';')[0] ?? '';
  const name = described.$ref?.split('/').at(-1);
  const reply = name === undefined ? described : description.components.responses[name];
  const schema = reply?.content?.[media]?.schema;
  if (schema === undefined) return [`${method} ${found.path} ${String(status)} is not said to be ${media}`];
  const place =
    name === undefined
      ? `/paths/${escape(found.path)}/${method.toLowerCase()}/responses/${String(status)}`
      : `/components/responses/${name}`;
  const pointer = `openapi.json#${place}/content/${escape(media)}/schema`;
  const validate = compiled.get(pointer) ?? ajv.compile({ $ref: pointer });
  compiled.set(pointer, validate);
  if (validate(body)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message }) => `${method} ${found.path} ${String(status)}: ${instancePath} ${message ?? ''}`,
  );
}
