import { escapeHtml } from '../domain/html';

/** Markup that is safe as it is. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | null | undefined | readonly Part[];

function textOf(part: Part): string {
  if (part === null || part === undefined) return '';
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return part instanceof Html ? part.text : part.map(textOf).join('');
}

/** Markup from a template: whatever is put in is escaped, unless it is markup itself. */
export function html(markup: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(markup.map((piece, index) => piece + textOf(parts[index])).join(''));
}
