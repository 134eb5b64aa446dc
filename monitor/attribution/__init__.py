"""Whose bytes they were; pure.

- `shares`: socket rows to shares, and what is left over. `forwarding`: what went over
  an uplink for others; `containers`: which device leads to which of them. `tunnels`,
  `kernel_tunnels`: outer bytes to the programs inside.
- `dividing`: one sum among many, exactly; `recent`: what may still change of it.
"""
