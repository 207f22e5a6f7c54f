import { join } from 'node:path';
import { expect } from '@jest/globals';
import axe from 'axe-core';
import type { Page } from 'playwright-core';

const images = process.env['PAYSAGA_SCREENSHOTS'] === '1' ? join(__dirname, '..', '..', 'docs', 'images') : undefined;

/** What axe finds on a page that keeps somebody from using it is a failure. */
export async function accessible(page: Page, name: string): Promise<void> {
  // Past the page's own policy, which stays as it is for everybody.
  await page.evaluate(axe.source);
  const found = await page.evaluate<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>(
    'axe.run()',
  );
  expect(
    found.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => [name, id, nodes.map(({ html }) => html)]),
  ).toEqual([]);
}

/** That, and it is no wider than a telephone. Pictures at both widths. */
export async function looksRight(page: Page, name: string): Promise<void> {
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await accessible(page, `${name}, ${String(width)} wide`);
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect([name, width, overflow]).toEqual([name, width, 0]);
    if (images !== undefined)
      await page.screenshot({ path: join(images, `${name}-${String(width)}.png`), fullPage: true });
  }
}
