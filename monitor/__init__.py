"""esimmon: which program moved which bytes over which metered network.

The map (imports point down only; import-linter checks it):

- `__main__`, `cli`: the command group; the one place where errors become text and an
  exit status. `quick`: `esimmon status` before click is imported. `lazy`: groups whose
  commands are imported when they are called.
- `commands`: one file a sub-command, imported only when it is called.
- `daemon`: life of the process: build the parts, readiness, signals, stop in order.
- `views`: ways to show usage (text, json, csv, html, png); read only. `web`: the same
  as a page on loopback; the only importer of Starlette and uvicorn.
- `checks`: what `esimmon doctor` says: what is looked at, and what follows from it.
  `service`: esimmon as a service of systemd, installed and removed; runs its tools.
- `onlookers`: who looks on live. `tickfacts`: what they are told of a tick.
- `answering`: what the daemon answers. `appointment`: when it has to look at its plans
  next, in the calendar. `detailing`: who is behind an alert, for a click on it.
- `control`: the daemon's socket: requests and live figures; `callers`: who is there.
  `recorder`: sampling and storing with what can fail. `scheduler`: the calendar, the
  only importer of APScheduler. `signals`: what SIGTERM, SIGINT and SIGHUP asked for.
  `presence`: who is in front of the machine. `sleep`: all is written down before the
  machine sleeps.
- `uplinks`: what devices are attached to, followed on the bus.
- `watch`: after each tick, plans are charged and alerts judged. `telling`: alerts on
  their way, and what became of them; `tellers`: what it needs at the start; `tryout`:
  one that is none.
- `planbook`: all plans of the daemon, judged at each tick; `open_rows`: the newest rows
  of usage as the store will have them; `statusfacts`: how things stand, for programs;
  `planfacts`: plans of it; `networkfacts`: what is attached; `lately`: who moved most
  in the last hour; `totals`: what networks ever moved; `eaters`: who used most of a
  plan; `quotas`: after how many bytes plans are looked at anew; `using`: which networks
  are in use, for alerts; `blindness`: what was not seen or cannot be kept, for them;
  `choosing`: which plan a click gives to one of them.
- `jobs`: what the calendar does. `sampler`: what a tick does. `agreements`: which plans
  there are. `bookkeeping`: their ledgers, tried out and written down. `forgetting`:
  names that are to go; `needs`: those that plans need. `apart`: what their samples tell
  apart. `paying`: which plan pays for which network.
- `config`: the TOML file as typed, checked values; where files, store and socket are.
- `whereabouts`: devices and their networks, from tick to tick. `booking`: what a tick
  counted, on its way into what is pending. `explaining`: whose bytes they were, from
  sockets, `forwarding`, `tunnels` and `containers`.
- `socket_rows`: the kernel's rows between two ticks. `wire_rows`: what devices move on
  the wire, and how their drivers count. `live`: figures of the last tick.
- `notifiers`: one file a way to tell; `desktop` is the only importer of plyer.
- `store`: the only importer of SQLAlchemy: schema, engine, migrations, writer, queries,
  rollups, retention, backup.
- `alerts`: which conditions hold; when they are told, cleared, told again.
- `forwarding`: what went over an uplink for others, by who they are. `tunnels`,
  `kernel_tunnels`: outer bytes to the programs inside. `containers`: which device
  leads to which of them.
- `attribution`: socket rows to shares, and what is left over. `sources`: the ways to
  reach the kernel. `tiers`: what attribution this machine gives. `identities`: which
  network a device is attached to.
- `collectors`: one file a source, of the kernel or of the system bus; `bpf` holds the
  BPF program, its object and its loader. `applications`: process facts to application
  and class. `networks`: what is attached, and what is billed. `plans`: what was bought,
  and how it stands; pure.
- `covering`: which time a tick covers. `counters`: difference of two readings.
  `dividing`: one sum among many, exactly; `recent`: what may still change of it.
  `wire`: how a driver's counters are to be read. `dbus`: a bus, with deadlines.
  `clock`: when a reading was. `zones`: the machine's time zone. `moments`: instants as
  people read them. `sdnotify`: the service manager's protocol. `calling`: the client's
  side of `control`; `following`: the same for what is announced there. `statusfile`:
  the small file that the daemon keeps for `esimmon status`.
- `tethers`: whether a carrier, a phone or a cable is at the other end of a device.
- `devices`: network devices as values; `uplink`: what they are attached to. `usage`,
  `units`, `errors`: the values, the words for them, the one tree of errors. `users`:
  people by name. `escapes`: strings from outside made harmless. `closing`: what a
  `with` ends.
"""

__version__ = "0.1.0"
