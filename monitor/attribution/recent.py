"""Amounts of the last ticks by key: what is not too old to change.

Pure. A key may be a process with all its words, which takes long to hash: a token
stands for it wherever it is remembered.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from monitor.usage import Traffic

PATIENCE_TICKS: Final = 6
"""So long anything is remembered. A minute at the tick's default."""

_K = TypeVar("_K", bound="Hashable")


class Recent(Generic[_K]):
    """Amounts by key, as long as they are not too old to change."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._ticks: deque[Counter[_K]] = deque([Counter()], PATIENCE_TICKS)

    def __bool__(self) -> bool:
        return any(self._ticks)

    def begin_tick(self) -> None:
        """Let go of the oldest tick."""
        self._ticks.append(Counter())

    def add(self, key: _K, amount: int) -> None:
        """Add to this tick."""
        if amount:
            self._ticks[-1][key] += amount

    def take(self, key: _K, most: int) -> int:
        """Take away up to so much, the oldest first; returns how much there was."""
        left = most
        for tick in self._ticks:
            if left and key in tick:
                taken = min(tick[key], left)
                left -= taken
                tick[key] -= taken
                if not tick[key]:
                    del tick[key]
        return most - left

    def sums(self) -> Counter[_K]:
        """All of it, in order of first appearance."""
        found: Counter[_K] = Counter()
        for tick in self._ticks:
            for key, amount in tick.items():
                found[key] += amount
        return found


class Token(Generic[_K]):
    """Stands for a key whose hash is long to make: a process with all its words."""

    __slots__ = ("__weakref__", "key")

    def __init__(self, key: _K) -> None:
        """Stand for this key.

        Args:
            key: what it stands for.
        """
        self.key = key


class Tokens(Generic[_K]):
    """One token for each key, for as long as anybody remembers it."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: WeakValueDictionary[_K, Token[_K]] = WeakValueDictionary()

    def of(self, traffic: Mapping[_K, Traffic]) -> dict[Token[_K], Traffic]:
        """The same traffic by token.

        Args:
            traffic: by key.
        """
        found = {}
        for key, each in traffic.items():
            token = self._known.get(key)
            if token is None:
                token = self._known[key] = Token(key)
            found[token] = each
        return found
