"""esimmon: which program moved which bytes over which metered network.

The map (imports point down only; import-linter checks it; each folder has its own map):

- `__main__`, `cli`: the command group; the one place where errors become text and an
  exit status. `quick`: `esimmon status` before click is imported. `lazy`: groups whose
  commands are imported when they are called.
- `commands`: one file a sub-command, imported only when it is called.
- `web`: a page on loopback; the only importer of Starlette and uvicorn. `views`: ways
  to show usage (text, json, csv, html, png); read only.
- `checks`: what `esimmon doctor` says: what is looked at, and what follows from it.
  `service`: esimmon as a service of systemd, installed and removed; runs its tools.
- `daemon`: what runs all day: the loop, the calendar, the socket, the alerts.
- `counting`: what a tick does: from two readings of the kernel to rows of usage.
- `accounts`: plans over a real store: which there are, their ledgers, who pays.
- `pool`: a plan on many devices: between the daemon and a folder that is synced.
- `config`: the TOML file as typed, checked values; where files, store and socket are.
- `notifiers`: one file a way to tell; `desktop` is the only importer of plyer.
- `store`: the only importer of SQLAlchemy: schema, engine, migrations, writer, queries,
  rollups, retention, backup.
- `alerts`: which conditions hold; when they are told, cleared, told again; pure.
- `attribution`: whose bytes they were: programs, tunnels, those behind us; pure.
- `tiers`: what attribution this machine gives. `sources`: the ways to reach the kernel.
- `collectors`: one file a source, of the kernel or of the system bus; `bpf` holds the
  BPF program, its object and its loader. `applications`: process facts to application
  and class. `networks`: what is attached, and what is billed.
- `plans`: what was bought, and how it stands; pure.
- `client`: asking the daemon. `counters`: difference of two readings. `wire`: how a
  driver's counters are to be read. `clock`: when a reading was. `zones`: the machine's
  time zone. `moments`: instants as people read them. `dbus`: a bus, with deadlines.
  `sdnotify`: the service manager's protocol.
- `devices`: network devices as values. `usage`, `units`, `errors`: the values, the
  words for them, the one tree of errors. `users`: people by name. `escapes`: strings
  from outside made harmless. `closing`: what a `with` ends.
"""

__version__ = "0.1.0"
