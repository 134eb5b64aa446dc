"""What devices are attached to, and what is billed; pure.

- `uplink`: a network as a value. `attaching`: which one each device has, and which
  devices are billed. `identities`: which network it is, by SIM, UUID or name.
  `tethers`: whether a carrier, a phone or a cable is at the other end. `facts`: for
  programs.
"""
