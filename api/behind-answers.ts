/** What goes on behind answers that were already given, so that the end of the process can wait for it. */
export class BehindAnswers {
  private readonly underWay = new Set<Promise<void>>();

  /** @param work must not reject: nobody is left to hear of it */
  add(work: Promise<void>): void {
    const followed = work.finally(() => this.underWay.delete(followed));
    this.underWay.add(followed);
  }

  /** Resolves when nothing is left, also of what is added meanwhile. */
  async drain(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }
}
