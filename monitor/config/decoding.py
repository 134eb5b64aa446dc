"""Every single value of the configuration, by its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.config import network_values, pool, times, values
from monitor.plans.values import Mcc
from monitor.plans.values import decode as decode_of_plans

if TYPE_CHECKING:
    from collections.abc import Callable


def decode(kind: type, found: object) -> object:
    """Turn a value of the file into one of the types of its own (msgspec's `dec_hook`).

    Args:
        kind: the type wanted.
        found: what TOML gave.

    Returns:
        The value.

    Raises:
        ValueError: says what is allowed, to be read after "must be".
    """
    known = _DECODERS.get(kind)
    return decode_of_plans(kind, found) if known is None else known(found)


def _mcc(found: object) -> object:
    try:
        return decode_of_plans(Mcc, found)
    except ValueError as error:
        raise ValueError(
            'a country, such as "PK", or a mobile country code, such as "410"'
        ) from error


_DECODERS: Final[dict[type, Callable[[object], object]]] = {
    **values.DECODERS,
    **network_values.DECODERS,
    **times.DECODERS,
    **pool.DECODERS,
    Mcc: _mcc,
}
