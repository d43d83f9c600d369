/** How a report is shown. */
export interface RenderOptions {
  /** ANSI colours; only the table has any. */
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** The formats of a report. */
export const formats = ['table', 'json', 'sarif', 'junit', 'html', 'markdown'] as const;

/** One of the formats. */
export type Format = (typeof formats)[number];
