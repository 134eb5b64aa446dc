"""A plan on many devices: what they tell each other, carried without any privilege.

The daemon, the only writer of the store, makes records and takes those of others; what
is here brings them to a folder that all devices sync, and back. Imported by commands
only.

- `records`: what a device says, as values and as lines.
- `segments`: the lines of one device as values, however they arrived; pure.
- `places`: files below the folder, which others write as well: opened and bounded.
- `folder`: what others said there. `own`: what this device has said, and says next.
- `budget`: how much may be written within an hour on a metered network; pure.
- `founding`: the pool's own file and the plans beside it, made once and read later.
- `carrying`: one round between daemon and folder. `rounds`: one after the other.
"""
