"""What alerts about single programs have in common: each is over after a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.alerts.model import Alert, Cleared, Key

if TYPE_CHECKING:
    from monitor.alerts.model import Change, Told
    from monitor.alerts.rates import Rate

DAY_S: Final = 86_400


def key_of(kind: str, rate: Rate) -> Key:
    """What is told of a program, wherever it moves something.

    Args:
        kind: of alert.
        rate: which program.
    """
    return Key(kind, 0, "", rate.mover.application)


def alert_of(kind: str, rate: Rate, words: tuple[str, str]) -> Alert:
    """What a person is told of a program.

    Args:
        kind: of alert.
        rate: which program, where, and how much it moved.
        words: title and body.
    """
    mover = rate.mover
    detail = f"{mover.application}:{rate.bytes}"
    key = key_of(kind, rate)
    return Alert(key, mover.plan, mover.application, mover.network, detail, *words)


def over(kind: str, told: Told, now_s: int) -> list[Change]:
    """Alerts that were raised a day ago hold no longer; they stay told.

    Args:
        kind: of alert.
        told: what was told so far.
        now_s: UTC seconds.
    """
    return [
        Cleared(key, now_s, rearmed=False)
        for key, raised in told.open.items()
        if key.kind == kind and now_s - raised.at_s >= DAY_S
    ]
