import type { LeakKind } from '../evidence.ts';

/** What a text looks like that a server should have kept to itself, by sort. */
const patterns: readonly (readonly [LeakKind, RegExp])[] = [
  // Node, Python, Java and .NET, Go, PHP, Ruby.
  ['stack trace', /\bat [\w.<>$[\] ]*\(?(?:file:|node:|\/|[A-Z]:\\)[^\n)]*:\d+(?::\d+)?\)?/],
  ['stack trace', /Traceback \(most recent call last\)|\bFile "[^"]+", line \d+/],
  ['stack trace', /\bat (?:[\w$]+\.)+[\w$<>]+\([\w$]+\.(?:java|kt|scala):\d+\)|\bat [\w.]+\([^)]*\) in .*:line \d+/],
  ['stack trace', /\bgoroutine \d+ \[|\bpanic: .*\n/],
  ['stack trace', /\bStack trace:\s*#0|\.rb:\d+:in [`']/],
  [
    'source path',
    /(?:^|[\s"'(:=])\/(?:app|srv|home|usr|var|opt|work|root)\/[\w./@-]+\.(?:[cm]?[jt]sx?|py|rb|go|java|php|rs)\b/,
  ],
  [
    'SQL error',
    /SQLSTATE\b|\bsyntax error at or near\b|relation \\?"[\w.]+\\?" does not exist|\bER_[A-Z_]{4,}|\bORA-\d{5}|\bpsycopg|\bsqlite3?\.\w*Error/i,
  ],
  [
    'debugger page',
    /Werkzeug Debugger|You're seeing this error because you have <code>DEBUG|Whoops\\Handler|class="xdebug-error/,
  ],
  ['credential', /\b[a-z][a-z+]{2,}:\/\/[^\s:/@"']+:[^\s@/"']+@/i],
  ['credential', /["']?(?:password|passwd|secret|api_?key|access_?token)["']?\s*[:=]\s*["'][^"'\s]{4,}["']/i],
];

/** The sorts of what a text gives away, each once. The text itself goes nowhere. */
export const leaksIn = (text: string): readonly LeakKind[] => [
  ...new Set(patterns.flatMap(([kind, pattern]) => (pattern.test(text) ? [kind] : []))),
];
