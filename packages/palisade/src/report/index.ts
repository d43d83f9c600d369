import type { Assessment } from '../contracts/finding.ts';
import type { Format, RenderOptions } from './format.ts';

export { type Format, type RenderOptions, formats } from './format.ts';
export type { HtmlExtras } from './html/page.ts';

const renderers: Readonly<Record<Format, () => Promise<(assessment: Assessment, options: RenderOptions) => string>>> = {
  table: async () => (await import('./table.ts')).renderTable,
  json: async () => (await import('./json.ts')).renderJson,
  sarif: async () => (await import('./sarif.ts')).renderSarif,
  junit: async () => (await import('./junit.ts')).renderJunit,
  html: async () => {
    const { renderHtml } = await import('./html/page.ts');
    return (assessment) => renderHtml(assessment);
  },
  markdown: async () => (await import('./markdown.ts')).renderMarkdown,
};

/** The assessment in a format. Only the renderer that is asked for is loaded. */
export const render = async (format: Format, assessment: Assessment, options: RenderOptions): Promise<string> =>
  (await renderers[format]())(assessment, options);
