"""What `esimmon doctor` says: whether counting works, and what would mend it.

Looking and judging are apart. `probes` look at the machine, read-only, and return plain
facts; each other module holds the facts of one topic and a pure `judge` from facts to
findings: `kernel`, `daemons`, `networks`, `modems`, `storage`, `history`, `desktop`,
`channels`, `settings`, `leftovers`. `removal` takes away what dead daemons left.
`remedies` knows how commands are spelt on this machine, `findings` what a finding is.
"""
