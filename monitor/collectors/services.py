"""A service on the bus as `following` sees it: its signals, and how it is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from monitor.dbus import Bus

T = TypeVar("T")

PROPERTIES: Final = "org.freedesktop.DBus.Properties"
OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"


class Weight(Enum):
    """What a signal is worth."""

    IGNORE = auto()
    READ = auto()
    """Something changed: read all of it again."""
    STIR = auto()
    """Bytes may belong to something else from now on: tell, then read."""


class Signal(NamedTuple):
    """A signal of a service; its body is whatever that sent."""

    interface: str
    member: str
    path: str
    body: tuple[Any, ...]


class Wanted(NamedTuple):
    """Which signals of a service to hear; what is empty may be anything.

    Attributes:
        interface: of the signal.
        path: of the object, or of one above it.
        about: the first argument: for PropertiesChanged the interface that changed.
    """

    interface: str
    path: str = ""
    about: str = ""


class Source(ABC, Generic[T]):
    """How to follow one service.

    Attributes:
        service: its name on the bus.
        wanted: the signals to hear.
        unknown: what is known without it.
        is_patient: whether what is known stays known while it does not answer.
        takes_fds: whether its answers come with descriptors.
    """

    service: str
    wanted: tuple[Wanted, ...]
    unknown: T
    is_patient: bool = True
    takes_fds: bool = False

    @abstractmethod
    def read(self, bus: Bus) -> T:
        """Ask for everything.

        Raises:
            Exception: of any kind, when there is no answer or a senseless one: it is
                asked again later.
        """

    @abstractmethod
    def weigh(self, signal: Signal) -> Weight:
        """Say what a signal is worth."""

    def forget(self) -> None:
        """Another owner of the name, or another bus: nothing read before holds."""
