"""The other side of the daemon: asking it, without what it is made of.

- `calling`: a question on its socket; `following`: what is announced there.
  `statusfile`: the small file that it keeps for `esimmon status`.
"""
