import { metricMeter, workflowInfo } from '@temporalio/workflow';
import type { ProcessKind } from '../domain/process';

const finished = metricMeter.createCounter(
  'paysaga_processes_finished',
  undefined,
  'Processes that have come to their end, by kind and the phase they ended in',
);
const seconds = metricMeter.createHistogram(
  'paysaga_process_duration_seconds',
  'float',
  undefined,
  'How long a process has taken from its start to its end',
);

/** Counts the end of a process, once per run: replays are not counted. The worker shows it to Prometheus. */
export function countEnd(kind: ProcessKind, phase: string): void {
  finished.add(1, { kind, phase });
  seconds.record((Date.now() - workflowInfo().startTime.getTime()) / 1000, { kind, phase });
}
