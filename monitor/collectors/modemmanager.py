"""Modems, the SIM profile that is enabled in each, and their connections.

Unit: none; identifiers; bytes as the modem counts them.
Width and restart: those bytes start again with each connection.
Scope: the machine's modems.
Privilege: none.
Cost: one call after a signal that counts, and one for each SIM and each connection,
  which the object manager does not give. The strength of signals and the modem's byte
  counts are not followed.
Since: ModemManager 1.0; the EID 1.16, `ReloadStatsSupported` 1.20.
Source: the D-Bus API reference: Modem, Modem.Modem3gpp, Sim, Bearer.

After a change of profile many modems show the old ICCID until they are enabled anew;
then the modem leaves and comes back under another path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.collectors.following import Follower
from monitor.collectors.objects import Facts, Objects, Watch, wanted_for, weigh
from monitor.collectors.services import Signal, Source, Weight
from monitor.networks.uplink import Bearer, Modem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.dbus import Bus

NAME: Final = "org.freedesktop.ModemManager1"
OBJECTS_PATH: Final = "/org/freedesktop/ModemManager1"
MODEM: Final = f"{NAME}.Modem"
MODEM_3GPP: Final = f"{MODEM}.Modem3gpp"
SIM: Final = f"{NAME}.Sim"
BEARER: Final = f"{NAME}.Bearer"

_LONGEST_NAME: Final = 15  # IFNAMSIZ without its NUL
_LONGEST_NUMBER: Final = 64
_MOST_MODEMS: Final = 16
_MOST_BEARERS: Final = 16

WATCHES: Final = (
    Watch(
        MODEM,
        stirs=frozenset({"Sim", "Bearers", "State"}),
        reads=frozenset(),
        coming=Weight.STIR,
    ),
    Watch(
        MODEM_3GPP,
        stirs=frozenset({"RegistrationState", "OperatorCode"}),
        reads=frozenset({"OperatorName"}),
    ),
    Watch(
        SIM,
        stirs=frozenset({"SimIdentifier"}),
        reads=frozenset({"Eid", "OperatorIdentifier", "OperatorName"}),
    ),
    Watch(
        BEARER,
        stirs=frozenset({"Connected", "Interface"}),
        reads=frozenset({"ReloadStatsSupported"}),
    ),
)


def related(tree: object) -> tuple[tuple[str, str], ...]:
    """Path and interface of all objects that modems name and the tree lacks.

    Args:
        tree: properties by path and interface, as D-Bus gives them.
    """
    found = []
    for modem in _modems(Objects(tree)).values():
        found += [(modem.path("Sim"), SIM)] if modem.path("Sim") else []
        found += [(path, BEARER) for path in modem.paths("Bearers")[:_MOST_BEARERS]]
    return tuple(found)


def parse(tree: object, others: Mapping[str, object]) -> tuple[Modem, ...]:
    """What ModemManager's objects say.

    Args:
        tree: properties by path and interface, as D-Bus gives them.
        others: properties of the objects that `related` names, by path; what is gone
            meanwhile is not there.

    Returns:
        In the order of their paths.
    """
    objects = Objects(tree)
    return tuple(
        _modem(path, modem, objects.of(path, MODEM_3GPP), others)
        for path, modem in sorted(_modems(objects).items())
    )


def _modems(objects: Objects) -> dict[str, Facts]:
    return dict(list(objects.having(MODEM))[:_MOST_MODEMS])


def _modem(
    path: str, modem: Facts, registered: Facts, others: Mapping[str, object]
) -> Modem:
    sim = Facts(others.get(modem.path("Sim")))
    paths = modem.paths("Bearers")[:_MOST_BEARERS]
    return Modem(
        path=path,
        iccid=sim.text("SimIdentifier", _LONGEST_NUMBER),
        eid=sim.text("Eid", _LONGEST_NUMBER),
        home=_operator(sim, "OperatorIdentifier"),
        operator=_operator(registered, "OperatorCode"),
        registration=registered.number("RegistrationState"),
        bearers=tuple(_bearer(Facts(others[each])) for each in paths if each in others),
    )


def _operator(facts: Facts, code: str) -> tuple[str, str]:
    return facts.text(code, _LONGEST_NUMBER), facts.text("OperatorName")


def _bearer(facts: Facts) -> Bearer:
    """Without `ReloadStatsSupported` the counts are there, and always 0."""
    stats = facts.inner("Stats") if facts.flag("ReloadStatsSupported") else Facts(None)
    rx_bytes, tx_bytes = (stats.number(f"{way}-bytes", -1) for way in ("rx", "tx"))
    return Bearer(
        device=facts.text("Interface", _LONGEST_NAME),
        is_connected=facts.flag("Connected"),
        counted=(rx_bytes, tx_bytes) if min(rx_bytes, tx_bytes) >= 0 else None,
        since_s=stats.number("start-date") or None,
    )


class _Source(Source[tuple[Modem, ...]]):
    """ModemManager."""

    service = NAME
    wanted = wanted_for(WATCHES, OBJECTS_PATH)
    unknown: tuple[Modem, ...] = ()

    def weigh(self, signal: Signal) -> Weight:
        """Look at modems, SIMs and connections."""
        return weigh(signal, WATCHES)

    def read(self, bus: Bus) -> tuple[Modem, ...]:
        """All modems, and what they name."""
        from monitor.dbus import (  # noqa: PLC0415 - jeepney, 3.5 MB
            CallError,
            managed_objects,
            properties,
        )

        tree = managed_objects(bus, NAME, OBJECTS_PATH)
        others = {}
        for path, interface in related(tree):
            try:
                others[path] = properties(bus, NAME, path, interface)
            except CallError:  # gone meanwhile
                continue
        return parse(tree, others)


def collect(address: str) -> tuple[Modem, ...]:
    """Read all modems once; none where there is no ModemManager.

    Args:
        address: of the system bus.

    Raises:
        OSError: no answer in time, or there is no bus.
        CallError: it was an error.
        ValueError: that is no answer, or no address.
        RuntimeError: no address of that kind can be used.
    """
    from monitor.dbus import connected, owner_of  # noqa: PLC0415 - as above

    source = _Source()
    with connected(address) as bus:
        return source.read(bus) if owner_of(bus, NAME) else source.unknown


def follow(address: str) -> Follower[tuple[Modem, ...]]:
    """Keep up with ModemManager.

    Args:
        address: of the system bus.
    """
    return Follower(_Source(), address)
