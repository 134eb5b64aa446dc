"""How a report looks as a page: light, dark and on paper; it loads no font.

Each text has at least 4.5 times the contrast of what it stands on (WCAG 2, AA).
"""

from __future__ import annotations

from typing import Final

STYLE: Final = """\
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #57606a;
  --line: #d0d7de; --down: #0b6bcb; --up: #b45309; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e6edf3;
  --soft: #9aa5b1; --line: #343b44; --down: #58a6ff; --up: #f0a040; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; }
.where { color: var(--soft); margin: 0 0 1rem; overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem 2.5rem; margin: 0 0 1.5rem; }
.figures dt { color: var(--soft); font-size: .875rem; }
.figures dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
figure { margin: 0 0 1.5rem; }
figcaption { font-size: .875rem; color: var(--soft); }
svg { display: block; width: 100%; min-width: 44rem; height: auto; }
svg text { fill: var(--soft); font-size: 13px; }
svg line { stroke: var(--line); }
.down { fill: var(--down); } .up { fill: var(--up); }
.key::before { content: ""; display: inline-block; width: .75em; height: .75em;
  margin: 0 .3em 0 .6em; background: currentColor; }
.key.is-down { color: var(--down); } .key.is-up { color: var(--up); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left;
  font-weight: normal; }
th:first-child { padding-left: 0; }
thead th { color: var(--soft); font-size: .875rem; }
tbody th { overflow-wrap: anywhere; min-width: 9rem; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bar { width: 30%; }
.bar div { display: flex; height: .8rem; min-width: 4rem; }
.bar i { background: var(--down); } .bar i + i { background: var(--up); }
.quiet th { color: var(--soft); }
tfoot th, tfoot td { font-weight: 600; border-bottom: 0; }
footer { margin-top: 1.5rem; color: var(--soft); font-size: .875rem;
  overflow-wrap: anywhere; }
footer p { margin: .2rem 0; }
@media (max-width: 40rem) { .bar { display: none; } }
@media print { svg { min-width: 0; }
  :root { --paper: #ffffff; --ink: #000000; --soft: #444444;
  --line: #bbbbbb; --down: #0b6bcb; --up: #b45309; }
  main { max-width: none; padding: 0; }
  .bar i, .key::before { print-color-adjust: exact; }
  tr, figure { break-inside: avoid; } }
"""
