"""What is attacked, and how it is watched: an input is taken, refused, or a crash.

A crash is an exception that is not of the tree of `monitor.errors`, an input that is
not done with in time, memory over a bound, and whatever a target itself asserts: a
traceback on standard error, a store that was half written.
"""

from __future__ import annotations

import json
import signal
import time
import traceback
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.errors import EsimmonError
from tests.endurance.fuzzing.mutation import spoilt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random
    from types import FrameType

DEADLINE_S: Final = 30.0
"""For one input, on a machine that others load; the slowest good one takes 0.1 s."""
_MOST_CRASHES: Final = 20
_ROOT: Final = Path(__file__).parents[3]


class Target(NamedTuple):
    """Something that reads what others wrote.

    Attributes:
        feed: gives it one input; raises what it raises.
        seeds: good inputs.
        words: what the reader knows, put into inputs now and then.
        make: an input of its own kind; by default a good one, spoilt.
        grown: a good input of so many parts, for what costs grow with.
        close: ends what the target runs on.
    """

    feed: Callable[[bytes], object]
    seeds: Sequence[bytes] = ()
    words: Sequence[bytes] = ()
    make: Callable[[Random], bytes] | None = None
    grown: Callable[[int], bytes] | None = None
    close: Callable[[], object] = lambda: None

    def draw(self, chance: Random) -> bytes:
        """The next input.

        Args:
            chance: decides.
        """
        if self.make is not None and (not self.seeds or chance.random() < 0.7):
            return self.make(chance)
        return spoilt(chance, chance.choice(self.seeds), self.words)


class Crash(NamedTuple):
    """What must not be.

    Attributes:
        what: the exception, and where it came from.
        words: of the exception.
        given: the input.
    """

    what: str
    words: str
    given: bytes


@dataclass
class Tally:
    """What came of the inputs.

    Attributes:
        tried: how many there were.
        refused: how many of them were refused in one sentence.
        crashes: one for each place.
        count: of crashes, all of them.
    """

    tried: int = 0
    refused: int = 0
    count: int = 0
    crashes: dict[str, Crash] = field(default_factory=dict)

    def add(self, crash: Crash) -> None:
        """Keep the shortest input for each place.

        Args:
            crash: to be told of.
        """
        self.count += 1
        before = self.crashes.get(crash.what)
        if before is None and len(self.crashes) >= _MOST_CRASHES:
            return
        if before is None or len(crash.given) < len(before.given):
            self.crashes[crash.what] = crash

    def keep(self, path: Path, cost: tuple[float, float] | None) -> None:
        """Write it down for the process that waits for it.

        Args:
            path: of a file.
            cost: of `costs`.
        """
        told = [(each.what, each.words, each.given.hex()) for each in self._sorted()]
        figures = {"tried": self.tried, "refused": self.refused, "count": self.count}
        path.write_text(json.dumps({**figures, "crashes": told, "cost": cost}))

    def _sorted(self) -> list[Crash]:
        return sorted(self.crashes.values())


class HangError(BaseException):
    """An input took too long; nothing that is attacked may catch this."""


def attempt(target: Target, given: bytes, tally: Tally) -> None:
    """Give one input to a target.

    Args:
        target: what is attacked.
        given: the input.
        tally: told what came of it.
    """
    tally.tried += 1
    try:
        with _deadline():
            target.feed(given)
    except EsimmonError:
        tally.refused += 1
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - that is what is looked for
        tally.add(Crash(_place(error), f"{error!s:.200}", given))


@contextmanager
def _deadline() -> Iterator[None]:
    def give_up(_: int, __: FrameType | None) -> None:
        raise HangError(f"not done after {DEADLINE_S:.0f} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, DEADLINE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _place(error: BaseException) -> str:
    """Kind of an error, and the last line of ours that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [each for each in frames if each.filename.startswith(f"{_ROOT}/monitor/")]
    last = (ours or list(frames))[-1]
    file = last.filename.removeprefix(f"{_ROOT}/")
    return f"{type(error).__name__} in {file}:{last.lineno} ({last.name})"


def costs(target: Target, parts: int) -> tuple[float, float] | None:
    """What an input costs, and one of ten times as many parts.

    Args:
        target: what is attacked.
        parts: of the smaller one.

    Returns:
        Seconds of processor time, the best of three; None for a target whose inputs
        have no parts.
    """
    if target.grown is None:
        return None
    small, large = (_cost_s(target, target.grown(n)) for n in (parts, 10 * parts))
    return small, large


def _cost_s(target: Target, given: bytes) -> float:
    found = []
    for _ in range(3):
        began_s = time.process_time()
        with suppress(EsimmonError):
            target.feed(given)
        found.append(time.process_time() - began_s)
    return min(found)
