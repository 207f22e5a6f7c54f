import { metricMeter, workflowInfo } from '@temporalio/workflow';
import type { ProcessKind } from '../domain/process';

/** Counts the end of a process, once per run: replays are not counted. The worker shows it to Prometheus. */
export function countEnd(kind: ProcessKind, phase: string): void {
  // Made where they are used: this module is loaded once, before there is a run that they could belong to.
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
  finished.add(1, { kind, phase });
  seconds.record((Date.now() - workflowInfo().startTime.getTime()) / 1000, { kind, phase });
}
