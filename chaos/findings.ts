/** One invariant that did not hold. */
export interface Violation {
  readonly invariant: string;
  readonly what: string;
  readonly at: string;
}

const mostShown = 200;

/** What a run has found, and how often it took which branch. */
export class Findings {
  readonly violations: Violation[] = [];
  readonly counts = new Map<string, number>();
  private readonly seen = new Set<string>();

  constructor(private readonly say: (line: string) => void) {}

  /** Each is said once. */
  violation(invariant: string, what: string): void {
    const line = `${invariant} ${what}`;
    if (this.seen.has(line)) return;
    this.seen.add(line);
    this.violations.push({ invariant, what, at: new Date().toISOString() });
    if (this.violations.length <= mostShown) this.say(`  ✗ ${line}`);
  }

  count(branch: string, by = 1): void {
    this.counts.set(branch, (this.counts.get(branch) ?? 0) + by);
  }
}
