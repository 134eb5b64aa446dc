"""What came of a scenario: figures, and promises that were broken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.endurance.crowd import Counted


@dataclass
class Result:
    """Of one scenario.

    Attributes:
        figures: sentences with what was measured.
        broken: promises that did not hold.
    """

    figures: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def say(self, figure: str) -> None:
        """Note a figure.

        Args:
            figure: a sentence.
        """
        self.figures.append(figure)

    def expect(self, promise: str, *, is_so: bool) -> None:
        """Note a promise that was broken, if it was.

        Args:
            promise: as a sentence.
            is_so: whether it holds.
        """
        if not is_so:
            self.broken.append(promise)

    def judge(self, counted: Counted) -> None:
        """Note what holds of the bill, whatever happens.

        Args:
            counted: by the daemon, the kernel and the wire.
        """
        self.broken += counted.lies()
        self.say(f"bill {counted.bill}, kernel {counted.kernel}")
