import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { freePort } from '../../local/ports';
import { readAlerts } from '../support/alerts';
import { testServers } from '../support/servers';
import { opsKey, TestStack, unique } from '../support/stack';
import { atOnce } from '../support/windows';
import { WorkerProcesses } from '../support/worker-process';

const deploy = join(__dirname, '..', '..', 'deploy');
let stack: TestStack;
let workers: WorkerProcesses;
let workerMetrics: string;
let labels: ReadonlyMap<string, ReadonlySet<string>>;

beforeAll(async () => {
  stack = await TestStack.start({ withWorker: false });
  const port = await freePort();
  workerMetrics = `http://127.0.0.1:${String(port)}/metrics`;
  workers = new WorkerProcesses(stack, {
    METRICS_ADDRESS: `127.0.0.1:${String(port)}`,
    RECONCILIATION_SETTLE_SECONDS: String(atOnce.settleSeconds),
    RECONCILIATION_WINDOW_HOURS: '0',
    FX_RATES_FROM: `${stack.sandboxUrl}/rates/eurofxref-daily.xml`,
  });
  workers.keep();
});
afterAll(async () => {
  workers.stop();
  await stack.stop();
});

/** The metric names and label names of a page that Prometheus reads (its text format, version 0.0.4). */
function read(page: string, into: Map<string, Set<string>>): void {
  for (const line of page.split('\n')) {
    const [, declared] = /^# TYPE (\S+) /.exec(line) ?? [];
    if (declared !== undefined && !into.has(declared)) into.set(declared, new Set());
    const [, name, pairs = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /.exec(line) ?? [];
    if (name === undefined || line.startsWith('#')) continue;
    const known = into.get(name) ?? new Set();
    for (const [, label = ''] of pairs.matchAll(/([a-zA-Z_]\w*)="/g)) known.add(label);
    into.set(name, known);
  }
}

interface Query {
  readonly where: string;
  readonly expr: string;
}

function queries(): Query[] {
  const found: Query[] = readAlerts(join(deploy, 'prometheus', 'alerts.yml')).map(({ alert, expr }) => ({
    where: `alert ${alert}`,
    expr,
  }));
  const folder = join(deploy, 'grafana', 'dashboards');
  for (const file of readdirSync(folder)) {
    const { panels } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      panels: { title: string; targets?: { expr: string }[] }[];
    };
    for (const { title, targets = [] } of panels)
      for (const { expr } of targets) found.push({ where: `${file}: ${title}`, expr });
  }
  return found;
}

/** What a PromQL expression reads, and the labels that it looks at; and whether it is an expression at all. */
function readsOf(expr: string): { metrics: string[]; labels: [string, string][]; broken: boolean } {
  const metrics: string[] = [];
  const looked: [string, string][] = [];
  let broken = false;
  let metric = '';
  parser.parse(expr).iterate({
    enter: ({ name, from, to, type }) => {
      const text = expr.slice(from, to);
      if (type.isError) broken = true;
      if (name === 'VectorSelector') metric = /^[a-zA-Z_:][\w:]*/.exec(text)?.[0] ?? '';
      if (name === 'VectorSelector') metrics.push(metric);
      if (name === 'LabelName' && metric !== '') looked.push([metric, text]);
    },
  });
  return { metrics, labels: looked, broken };
}

/** Queries that are no PromQL, or ask for a metric or label that none of the pages has. */
function faultsOf(asked: readonly Query[], there: ReadonlyMap<string, ReadonlySet<string>>) {
  return asked.flatMap(({ where, expr }) => {
    const { metrics, labels: looked, broken } = readsOf(expr);
    const gone = metrics.filter((name) => !there.has(name));
    const blank = looked.filter(([name, label]) => {
      const known = there.get(name);
      return label !== 'le' && known !== undefined && known.size > 0 && !known.has(label);
    });
    if (!broken && metrics.length > 0 && gone.length === 0 && blank.length === 0) return [];
    return [{ where, broken, gone, blank }];
  });
}

describe('what Prometheus reads, and what asks it', () => {
  beforeAll(async () => {
    await stack.paid();
    const { id } = await stack.paid();
    await stack.refund(id, { amount: '5.00' });
    // A defect as workflow code can have one: its task fails, and goes on failing (T6).
    await stack.client.workflow.start('aWorkflowThatNobodyHas', {
      workflowId: unique('defect'),
      taskQueue: stack.taskQueue,
      workflowExecutionTimeout: '2 minutes',
    });
    await stack.outside('settlement_lines/faults', {
      kind: 'foreign',
      source: unique('ch').replace('-', '_'),
      by: 777,
      secret_key: 'sk_test_default',
    });
    await stack.reconcile(new Date().toISOString().slice(0, 10));
    const all = new Map<string, Set<string>>();
    labels = all;
    // Some come late: with the first turn of a schedule, the first sweep, the first task that fails.
    await stack
      .eventually(async () => {
        for (const url of [`${stack.apiUrl}/metrics`, workerMetrics, testServers().temporalMetricsUrl])
          read(await (await fetch(url)).text(), all);
        const faults = faultsOf(queries(), all);
        return faults.length === 0 ? undefined : 'not all is there yet';
      }, 60)
      .catch(() => undefined);
  });

  it('every metric and label that a dashboard or an alert asks for is really there', () => {
    const asked = queries();
    expect(asked.length).toBeGreaterThan(40);
    expect(faultsOf(asked, labels)).toEqual([]);
  });

  it("what Temporal's server counts of workers of its own is not taken for ours", async () => {
    const [ours, its] = await Promise.all(
      [workerMetrics, testServers().temporalMetricsUrl].map(async (url) => {
        const page = new Map<string, Set<string>>();
        read(await (await fetch(url)).text(), page);
        return page;
      }),
    );
    const shared = [...(ours?.keys() ?? [])].filter((name) => its?.has(name));
    expect(shared).toContain('temporal_num_pollers');
    const taken = queries().filter(({ expr }) => {
      const { metrics, labels: looked } = readsOf(expr);
      return metrics.some(
        (metric) => shared.includes(metric) && !looked.some(([of, label]) => of === metric && label === 'client_name'),
      );
    });
    expect(taken).toEqual([]);
  });

  it('T6 a workflow that can not go on is counted by its type, and holds up no other', async () => {
    const page = await (await fetch(workerMetrics)).text();
    expect(page).toMatch(/temporal_workflow_task_execution_failed_total\{[^}]*aWorkflowThatNobodyHas/);
    const { id } = await stack.paid();
    expect(id).not.toBe('');
  });

  it('ends are counted by kind and phase; what waits for people is there with its age', async () => {
    const page = await (await fetch(workerMetrics)).text();
    expect(page).toMatch(/paysaga_processes_finished_total\{[^}]*kind="payment_order"[^}]*phase="succeeded"/);
    expect(page).toMatch(/paysaga_processes_finished_total\{[^}]*kind="refund"[^}]*phase="succeeded"/);
    const api = await (await fetch(`${stack.apiUrl}/metrics`)).text();
    expect(api).toMatch(/paysaga_breaks_open\{class="unknown"\} 1/);
    expect(api).toMatch(/paysaga_reconciliation_age_seconds\{account="default",state="breaks"\} \d/);
    const open = await stack.call('GET', '/v1/reconciliation/breaks?state=open', undefined, {
      Authorization: `Bearer ${opsKey}`,
    });
    expect(open.status).toBe(200);
  });

  it('every alert says how bad it is, what happened, and has its section in the runbook', () => {
    const runbook = readFileSync(join(__dirname, '..', '..', 'docs', 'operations.md'), 'utf8');
    for (const { alert, labels: of, annotations } of readAlerts(join(deploy, 'prometheus', 'alerts.yml'))) {
      expect(['page', 'ticket']).toContain(of.severity);
      expect(annotations.summary).not.toBe('');
      expect(runbook).toContain(`### ${alert}`);
    }
    expect(() => parse(readFileSync(join(deploy, 'prometheus', 'prometheus.yml'), 'utf8')) as unknown).not.toThrow();
  });
});
