"""From two readings of the kernel to rows of usage.

- `sampler`: what a tick does. `covering`: which time it covers.
- `leaving`: devices that went between two ticks.
- `whereabouts`: devices and their networks, from tick to tick. `wire_rows`: what they
  move on the wire, and how their drivers count. `socket_rows`: the kernel's rows of
  sockets between two ticks.
- `explaining`: whose bytes they were. `booking`: on their way into what is pending.
  `live`: figures of the last tick.
"""
