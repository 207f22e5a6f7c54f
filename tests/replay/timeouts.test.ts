import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** An activity as a history tells of it: protobuf's JSON mapping, durations as "10s". */
interface Scheduled {
  readonly activityType: { readonly name: string };
  readonly startToCloseTimeout?: string;
  readonly heartbeatTimeout?: string;
  readonly retryPolicy?: {
    readonly initialInterval?: string;
    readonly maximumInterval?: string;
    readonly maximumAttempts?: number;
  };
}

const folder = join(__dirname, 'histories', 'next');
const seconds = (text: string | undefined): number => Number(/^([\d.]+)s$/.exec(text ?? '')?.[1] ?? 0);
/** An activity that may take longer than this is heard of meanwhile. */
const silentSeconds = 60;

function scheduled(): Map<string, Scheduled> {
  const found = new Map<string, Scheduled>();
  for (const file of readdirSync(folder)) {
    const { events } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      events: { activityTaskScheduledEventAttributes?: Scheduled }[];
    };
    for (const { activityTaskScheduledEventAttributes: one } of events)
      if (one !== undefined) found.set(`${one.activityType.name} in ${file}`, one);
  }
  return found;
}

describe('T1 every activity, as it is really scheduled', () => {
  const activities = [...scheduled()];

  it('has a time to be done in, and a way of being tried again', () => {
    expect(new Set(activities.map(([, { activityType }]) => activityType.name)).size).toBeGreaterThan(30);
    const without = activities.filter(([, { startToCloseTimeout, retryPolicy }]) => {
      const tries = (retryPolicy?.maximumAttempts ?? 0) > 0 || seconds(retryPolicy?.maximumInterval) > 0;
      return seconds(startToCloseTimeout) <= 0 || seconds(retryPolicy?.initialInterval) <= 0 || !tries;
    });
    expect(without.map(([name]) => name)).toEqual([]);
  });

  it('that may take long is heard of meanwhile', () => {
    const silent = activities.filter(
      ([, { startToCloseTimeout, heartbeatTimeout }]) =>
        seconds(startToCloseTimeout) > silentSeconds && seconds(heartbeatTimeout) <= 0,
    );
    expect(silent.map(([name]) => name)).toEqual([]);
  });
});
