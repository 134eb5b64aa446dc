"""The daemon: what runs all day, and what it knows of the moment.

- `life`: from building the parts to stopping them in order; `lives`: one after the
  other, where the database needs it. `signals`: what SIGTERM, SIGINT and SIGHUP asked
  for. `recorder`: sampling and storing with what can fail.
- `scheduler`: the calendar, the only importer of APScheduler; `jobs`: what it does;
  `dates`: what time it is for them;
  `appointment`: when plans are looked at next. `sleep`: all is written down before the
  machine sleeps. `presence`: who is in front of it. `uplinks`: what devices are
  attached to, followed on the bus.
- `control`: the socket; `callers`: who is there; `answering`: what they are answered;
  `asked`: by whom.
  `onlookers`: who looks on live; `tickfacts`: what they are told of a tick.
- `watch`: after each tick plans are charged and alerts judged. `planbook`: all plans,
  judged; `open_rows`: the newest rows as the store will have them. `quotas`: after how
  many bytes plans are looked at anew.
- For alerts: `using`: which networks are in use; `blindness`: what was not seen or
  cannot be kept; `choosing`: which plan a click gives to a network; `eaters`: who used
  most of a plan; `detailing`: who is behind an alert.
- `pooling`: a plan that devices share: what this one tells (`pool_sums`), and what it
  hears of the others (`pool_taking`).
- `telling`: alerts on their way, and what became of them; `tellers`: what it needs at
  the start; `tryout`: an alert that is none.
- `statusfacts`: how things stand, for programs; `lately`: who moved most in the last
  hour; `totals`: what networks ever moved.
"""
