"""Objects of a D-Bus service and their properties, by type and size; what changed.

A service may send any value under any name. What has the wrong type or is too long is
left out, as if it were not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.collectors.services import OBJECTS, PROPERTIES, Signal, Wanted, Weight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST_TEXT: Final = 256
_MOST_OBJECTS: Final = 256
_VARIANT: Final = 2  # type and value


class Facts:
    """Properties of one interface of one object, as D-Bus gives them."""

    def __init__(self, given: object) -> None:
        """Look at them.

        Args:
            given: type and value by name.
        """
        self._given: Mapping[Any, object] = given if isinstance(given, Mapping) else {}

    def _value(self, name: str) -> object:
        variant = self._given.get(name)
        if isinstance(variant, tuple) and len(variant) == _VARIANT:
            return variant[1]
        return None

    def text(self, name: str, most: int = _LONGEST_TEXT) -> str:
        """A string of at most so many characters; else an empty one."""
        value = self._value(name)
        return value if isinstance(value, str) and len(value) <= most else ""

    def number(self, name: str, default: int = 0) -> int:
        """A whole number that is not negative."""
        value = self._value(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            return default
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Yes or no."""
        value = self._value(name)
        return value if isinstance(value, bool) else default

    def octets(self, name: str, most: int) -> bytes:
        """At most so many bytes; else none."""
        value = self._value(name)
        return value if isinstance(value, bytes) and len(value) <= most else b""

    def path(self, name: str) -> str:
        """The path of another object; empty where there is none."""
        path = self.text(name)
        return "" if path == "/" else path

    def paths(self, name: str) -> list[str]:
        """Paths of other objects."""
        return texts(self._value(name))

    def each(self, name: str) -> list[Facts]:
        """A list of such properties, up to a bound."""
        value = self._value(name)
        listed = value if isinstance(value, list) else []
        return [Facts(each) for each in listed[:_MOST_OBJECTS]]

    def inner(self, name: str) -> Facts:
        """Properties inside a property."""
        return Facts(self._value(name))


class Objects:
    """All objects of a service, as GetManagedObjects gives them."""

    def __init__(self, given: object) -> None:
        """Look at them.

        Args:
            given: properties by path and interface.
        """
        self._given: Mapping[Any, object] = given if isinstance(given, Mapping) else {}

    def of(self, path: str, interface: str) -> Facts:
        """One interface of one object; without properties when it is not there."""
        return Facts(self._interfaces(path).get(interface))

    def having(self, interface: str) -> Iterator[tuple[str, Facts]]:
        """Path and properties of all objects with an interface, up to a bound."""
        having = [path for path in self._given if interface in self._interfaces(path)]
        for path in having[:_MOST_OBJECTS]:
            if isinstance(path, str):
                yield path, self.of(path, interface)

    def _interfaces(self, path: object) -> Mapping[Any, object]:
        found = self._given.get(path)
        return found if isinstance(found, Mapping) else {}


def texts(given: object) -> list[str]:
    """The strings in a list or among the names of a dictionary, up to a bound."""
    if not isinstance(given, list | tuple | Mapping):
        return []
    return [each for each in given if isinstance(each, str)][:_MOST_OBJECTS]


class Watch(NamedTuple):
    """What changes of an interface are worth.

    Attributes:
        interface: its name.
        stirs: properties whose change may mean another network.
        reads: further properties to read again.
        coming: what it is worth that an object with this interface comes or goes.
    """

    interface: str
    stirs: frozenset[str]
    reads: frozenset[str]
    coming: Weight = Weight.READ


def wanted_for(watches: Iterable[Watch], manager: str) -> tuple[Wanted, ...]:
    """The signals that tell of such changes.

    Args:
        watches: what changes.
        manager: path of the object manager.
    """
    changes = (Wanted(PROPERTIES, about=watch.interface) for watch in watches)
    return Wanted(OBJECTS, manager), *changes


def weigh(signal: Signal, watches: Iterable[Watch]) -> Weight:
    """What such a signal is worth.

    Args:
        signal: of any kind, and with any body.
        watches: what counts.
    """
    by_name = {watch.interface: watch for watch in watches}
    first, *rest = signal.body or (None,)
    if signal.interface == OBJECTS:
        named = texts(rest[0]) if rest else []
        found = [by_name[each].coming for each in named if each in by_name]
        return _heaviest(found)
    watch = by_name.get(first) if isinstance(first, str) else None
    if signal.interface != PROPERTIES or watch is None:
        return Weight.IGNORE
    names = {name for part in rest for name in texts(part)}
    if names & watch.stirs:
        return Weight.STIR
    return Weight.READ if names & watch.reads else Weight.IGNORE


def _heaviest(weights: Iterable[Weight]) -> Weight:
    order = list(Weight)
    return max(weights, key=order.index, default=Weight.IGNORE)
