"""One file a way to tell people.

`journal` writes a log line, `desktop` shows a `notice` by the bus (`freedesktop`, in
the manner that `manners` has) or else by plyer (it is its only importer), `bus` sees
whether that reached a notification daemon, `courier` waits for it no longer than is
good, `agent` does it for the daemon in a user's session, `sudo` starts that agent for
the person behind a sudo. `buttons` are what a person may click on: `binding` of a plan,
`snoozing` of an alert, `showing` of what is behind it. `manners` has how each kind is
told by itself, `rules` what a person wants instead, `quiet` when; `pending` is how the
daemon says it to agents.
"""
