"""One file a way to tell people.

`journal` writes a log line, `desktop` shows a notification by plyer (its only
importer), `bus` sees whether that reached a notification daemon, `courier` waits for
it no longer than is good, `agent` does it for the daemon in a user's session, `sudo`
starts that agent for the person behind a sudo.
"""
