/** The report's style sheet: light and dark, readable at 320 pixels, and on paper. No fonts or images from elsewhere. */
export const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --band: #f4f6f8; --line: #d0d7de;
  --critical: #a40e26; --high: #b35900; --medium: #7d5a00; --low: #0b5cad; --good: #17692f; --unknown: #6f3fb0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #a7b1bb; --paper: #11161c; --band: #1a212a; --line: #38424d;
  --critical: #ff8a96; --high: #ffb066; --medium: #f0cf6b; --low: #80bfff; --good: #73d58f; --unknown: #cda8ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 64rem; margin: 0 auto; padding: 1rem 1.25rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.25rem 0 .75rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
p { margin: .4rem 0; } .soft { color: var(--soft); }
.counts { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0 0; padding: 0; list-style: none; }
.counts li { background: var(--band); border: 1px solid var(--line); border-radius: .4rem; padding: .45rem .8rem; min-width: 6rem; }
.counts b { display: block; font-size: 1.4rem; line-height: 1.2; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .94rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
thead th { background: var(--band); } tbody th { font-weight: 600; }
code { font: .88em ui-monospace, monospace; overflow-wrap: anywhere; }
article { border-left: .25rem solid var(--line); padding: .1rem 0 .1rem .9rem; margin: .9rem 0; break-inside: avoid; }
article.critical { border-color: var(--critical); } article.high { border-color: var(--high); }
article.medium { border-color: var(--medium); } article.low { border-color: var(--low); } article.unknown { border-color: var(--unknown); }
.tag { font-weight: 700; text-transform: uppercase; font-size: .78rem; letter-spacing: .04em; }
.critical .tag, .tag.critical, .fail, .accepted { color: var(--critical); } .high .tag, .tag.high { color: var(--high); }
.medium .tag, .tag.medium { color: var(--medium); } .low .tag, .tag.low { color: var(--low); }
.unknown .tag, .tag.unknown, .unknown-state { color: var(--unknown); } .pass, .refused { color: var(--good); } .manual { color: var(--soft); }
.state { font-weight: 700; white-space: nowrap; }
details summary { cursor: pointer; padding: .3rem 0; }
a { color: var(--low); }
@media print { :root { --ink: #000; --soft: #333; --paper: #fff; --band: #f2f2f2; --line: #999; --critical: #8a0018; --high: #7a3d00; --medium: #5c4200; --low: #003c7a; --good: #0d4d20; --unknown: #4a2380; }
  body { font-size: 10.5pt; } header, main, footer { max-width: none; padding: .3rem 0; } details > * { display: block; } thead { display: table-header-group; } tr { break-inside: avoid; } nav { display: none; } }
`;
