import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { identifierPattern } from '../../domain/identifiers';
import { keyLifeDays } from '../calls';
import { problems, type ProblemName } from '../problem';
import { scopesOfRole } from '../operator-token';
import { buyerScope, scopes, type Scope } from '../scopes';
import type { Operation } from './operation';
import { operations } from './operations';

const problemAnswer = z
  .looseObject({
    type: z.string().meta({ description: 'Stable: program against it', examples: ['urn:paysaga:problem:not-found'] }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z
      .array(
        z.object({
          pointer: z
            .string()
            .meta({ description: 'A JSON pointer into the body, or the name of a header or parameter' }),
          detail: z.string(),
        }),
      )
      .optional(),
    correlation_id: z.string().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

const rateHeaders = {
  'RateLimit-Policy': z
    .string()
    .optional()
    .meta({ examples: ['"writes";q=6000;w=60'] }),
  RateLimit: z
    .string()
    .optional()
    .meta({ examples: ['"writes";r=5999;t=60'] }),
  'Request-Id': z.string().meta({ description: 'Quote it when you ask about a call' }),
};

const descriptions: Readonly<Record<number, string>> = {
  200: 'Done, or how it stands',
  201: 'Made',
  202: 'Stored: it will be carried out, whatever happens',
};

/** Whether a person may have it, by some role. */
const isForPeople = (scope: Scope): boolean => Object.values(scopesOfRole).some((own) => own.includes(scope));

/** The problems of every call of a kind, and its own. */
function problemsOf({ path, scope, method, body, raw, query, problems: own = [] }: Operation): ProblemName[] {
  const changes = method !== 'get';
  return [
    'unauthenticated',
    'forbidden',
    ...(isForPeople(scope) && scope.endsWith(':write') ? (['second-factor-needed'] as const) : []),
    ...(path.includes('{id}') || scope === 'payouts:write' ? (['not-found'] as const) : []),
    ...(changes ? (['malformed-request', 'request-in-progress', 'idempotency-key-reused'] as const) : []),
    ...(body === undefined ? [] : (['validation-failed', 'body-too-large', 'unsupported-media-type'] as const)),
    ...(raw === undefined ? [] : (['body-too-large', 'unsupported-media-type'] as const)),
    ...(body === undefined && query !== undefined ? (['validation-failed'] as const) : []),
    ...own,
    'rate-limited',
    'internal-error',
    'storage-unavailable',
    'sign-in-unavailable',
  ];
}

const exampleOf = (name: ProblemName): unknown => {
  const [status, title] = problems[name];
  return {
    type: `urn:paysaga:problem:${name}`,
    title,
    status,
    detail: 'what happened, and what would be right',
    ...(name === 'validation-failed' && {
      errors: [{ pointer: '/payment_orders/0/amount', detail: 'must be above zero' }],
    }),
  };
};

const pascal = (name: string): string =>
  name.replace(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase());

/** One refusal per set of problems, shared by all calls that have it. */
const refusalOf = (() => {
  const made = new Map<string, ZodOpenApiResponseObject>();
  return (status: number, names: readonly ProblemName[]): ZodOpenApiResponseObject => {
    const id = names.map(pascal).join('Or');
    const earlier = made.get(id);
    if (earlier !== undefined) return earlier;
    const refusal = {
      id,
      description: names.map((name) => problems[name][1]).join('; '),
      headers: z.object({ ...rateHeaders, ...((status === 429 || status === 503) && { 'Retry-After': z.string() }) }),
      content: {
        'application/problem+json': {
          schema: problemAnswer,
          examples: Object.fromEntries(names.map((name) => [name, { value: exampleOf(name) }])),
        },
      },
    };
    made.set(id, refusal);
    return refusal;
  };
})();

function refusals(operation: Operation): ZodOpenApiResponsesObject {
  const byStatus = new Map<number, ProblemName[]>();
  for (const name of problemsOf(operation)) {
    const [status] = problems[name];
    byStatus.set(status, [...(byStatus.get(status) ?? []), name]);
  }
  return Object.fromEntries([...byStatus].map(([status, names]) => [String(status), refusalOf(status, names)]));
}

function answersOf(operation: Operation): ZodOpenApiResponsesObject {
  const { answers, text: types = [], method, waits = false, links = {} } = operation;
  const next = Object.entries(links).map(([operationId, pointer]) => [
    operationId,
    { operationId, parameters: { id: `$response.body#${pointer}` } },
  ]);
  const text = Object.fromEntries(types.map((type) => [type, { schema: z.string() }]));
  const headers = z.object({
    ...rateHeaders,
    ...(method !== 'get' && {
      'Idempotent-Replayed': z.literal('true').optional().meta({ description: 'It was answered so before' }),
    }),
    ...(waits && { 'Preference-Applied': z.string().optional() }),
  });
  if (Object.keys(answers).length === 0) return { '200': { description: 'The file', headers, content: text } };
  return Object.fromEntries(
    Object.entries(answers).map(([status, schema]) => [
      status,
      {
        description: descriptions[Number(status)] ?? '',
        headers: Number(status) === 200 ? headers : headers.extend({ Location: z.string().optional() }),
        content: { 'application/json': { schema }, ...text },
        ...(next.length > 0 && { links: Object.fromEntries(next) as ZodOpenApiResponseObject['links'] }),
      },
    ]),
  );
}

function describe(operation: Operation): ZodOpenApiOperationObject {
  const {
    id,
    tag,
    summary,
    description,
    scope,
    orScope,
    own,
    path,
    query,
    body,
    raw,
    waits = false,
    method,
    example,
  } = operation;
  const headers = {
    ...(method !== 'get' && {
      'Idempotency-Key': z
        .string()
        .regex(/^"?[!#-~]{1,255}"?$/)
        .optional()
        .meta({ description: `The same key and request again gets the first answer, for ${String(keyLifeDays)} days` }),
    }),
    ...(waits && {
      Prefer: z
        .string()
        .optional()
        .meta({
          description: '`wait=10` waits up to that many seconds (60 at most) for the outcome (RFC 7240)',
          examples: ['wait=10'],
        }),
    }),
  };
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: [
      description,
      `Scope: ${[scope, orScope, own?.scope].flatMap((one) => (one === undefined ? [] : `\`${one}\``)).join(' or ')}.`,
    ]
      .filter((part) => part !== undefined)
      .join('\n\n'),
    security: [
      ...(scope === buyerScope ? [] : [{ apiKey: [] }]),
      ...(scope === buyerScope || own !== undefined || isForPeople(scope) ? [{ operator: [] }] : []),
    ],
    requestParams: {
      ...(path.includes('{id}') && {
        path: z.object({ id: z.string().regex(operation.idPattern ?? identifierPattern) }),
      }),
      ...(query !== undefined && { query }),
      ...(Object.keys(headers).length > 0 && { header: z.object(headers) }),
    },
    ...(body !== undefined && {
      requestBody: {
        required: operation.bodyOptional !== true,
        content: { 'application/json': { schema: body, ...(example !== undefined && { example }) } },
      },
    }),
    ...(raw !== undefined && {
      requestBody: {
        required: true,
        content: Object.fromEntries(raw.map((type) => [type, { schema: z.string() }])),
      },
    }),
    responses: { ...answersOf(operation), ...refusals(operation) },
  };
}

/** The OpenAPI 3.1 description of the API, made of the same schemas that its bodies are read with. */
export function openApiDocument(publicUrl: string, version: string): ReturnType<typeof createDocument> {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {});
    path[operation.method] = describe(operation);
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Paysaga',
      version,
      description: [
        'Durable payment orchestration: checkouts that are paid once, whatever breaks on the way.',
        'Amounts are decimal strings in major units with an ISO 4217 code. Ids are yours: 1 to 64 of `A-Z a-z 0-9 . _ -`.',
        `**Idempotency-Key** (draft-ietf-httpapi-idempotency-key-header): scoped to merchant, method and path, kept for ${String(keyLifeDays)} days. The same key and body gets the first answer again, with \`Idempotent-Replayed: true\`; another body gets 422; while the first is being answered, 409. A request that was not understood, not allowed or failed on our side leaves its key free.`,
        `Scopes: ${scopes.map((scope) => `\`${scope}\``).join(', ')}.`,
      ].join('\n\n'),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
    paths,
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of your merchant' } },
    },
  });
}
