"""Copies that change apart: states of a plan are copied at each tick, so cheaply."""

from __future__ import annotations

from typing import TypeVar

_T = TypeVar("_T")


def twin(thing: _T, **changed: object) -> _T:
    """Copy an object whose class has all of its `__slots__`.

    Args:
        thing: what to copy; what it holds is shared.
        changed: attributes that the copy has instead.
    """
    made = object.__new__(type(thing))
    slots: tuple[str, ...] = type(thing).__slots__  # type: ignore[attr-defined]
    for name in slots:
        setattr(made, name, changed[name] if name in changed else getattr(thing, name))
    return made
