"""The same attack with inputs chosen by the code that they reach: atheris (`fuzz`).

Its generator and ours take turns. It ends a process by itself, so this is one of its
own, and the figures are written when the time is over.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import atheris

with atheris.instrument_imports(include=["monitor", "jeepney"]):
    from tests.endurance.fuzzing.everything import TARGETS

from tests.endurance.fuzzing.mutation import LONGEST_BYTES, spoilt
from tests.endurance.fuzzing.target import DEADLINE_S, Tally, attempt

if TYPE_CHECKING:
    from tests.endurance.fuzzing.target import Target

_MADE: Final = 200
"""Inputs of a target's own kind to begin with."""


def main(name: str, folder: Path, seconds: float, seed: int) -> None:
    """Attack a target; does not return.

    Args:
        name: of the target.
        folder: where the figures go.
        seconds: how long.
        seed: of all chance.
    """
    (folder / "own").mkdir()
    target, tally = TARGETS[name](folder / "own"), Tally()
    end_s = time.monotonic() + seconds

    def one(given: bytes) -> None:
        (folder / "last").write_bytes(given)
        attempt(target, given, tally)
        if time.monotonic() > end_s:
            tally.keep(folder / "figures", None)
            target.close()
            os._exit(0)

    def mutate(given: bytes, most_bytes: int, chosen: int) -> bytes:
        if chosen % 2:
            return bytes(atheris.Mutate(given, most_bytes))
        return spoilt(Random(chosen), given, target.words)[:most_bytes]  # noqa: S311 - repeatable

    corpus = _corpus(target, folder / "corpus", Random(seed))  # noqa: S311 - repeatable
    words = [sys.argv[0], str(corpus), f"-max_len={LONGEST_BYTES}", "-verbosity=0"]
    words += [f"-seed={seed % 2**31 or 1}", f"-timeout={2 * DEADLINE_S:.0f}"]
    atheris.Setup(words, one, custom_mutator=mutate)
    atheris.Fuzz()


def _corpus(target: Target, folder: Path, chance: Random) -> Path:
    folder.mkdir()
    made = [target.make(chance) for _ in range(_MADE)] if target.make else []
    for number, given in enumerate([*target.seeds, *made]):
        (folder / str(number)).write_bytes(given)
    return folder


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
