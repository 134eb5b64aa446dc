"""Plans and what was written down of them: the engine of `plans` over a real store.

- `agreements`: which plans there are. `bookkeeping`: their ledgers, tried out and
  written down. `aside`: what plans did not count. `planfacts`: how plans stand, for
  programs.
- `paying`: which plan pays for which network. `apart`: what samples of usage have to
  tell apart for them.
- `pooled`: what other devices say of a plan that is shared. `sharing`: who used what.
- `forgetting`: names that are to go; `needs`: those that plans need.
"""
