"""What others publish about the 24 scenarios: numbers to put beside ours.

Source: the benchmark of picosnitch, https://github.com/elesiuta/picosnitch, folder
`bench`, run of 2026-08-05 (Ubuntu 26.04, kernel 7.0, 5 trials each): picosnitch 2.2.1
against bytes of the application, NetHogs 0.9.0 against whole Ethernet frames. Passing
is within 10 % there. Ratios are those of its first trial; with two directions, the
one that is further from 1.
"""

from __future__ import annotations

from typing import NamedTuple


class Score(NamedTuple):
    """One cell of a published scorecard.

    Attributes:
        named: `yes`, `partly` (seen, under no or a wrong name), `no`.
        ratio: reported bytes to the reference; None where it was not scored.
    """

    named: str
    ratio: float | None

    def __str__(self) -> str:
        """In one column of a table."""
        if self.ratio is None:
            return f"{self.named}, not scored"
        return f"{self.named}, {100 * (self.ratio - 1):+.2f} %"


def _scores(named: str, ratios: str) -> dict[str, Score]:
    words = {"y": "yes", "p": "partly", "n": "no"}
    pairs = zip(named, ratios.split(), strict=True)
    return {
        f"s{number:02}": Score(words[letter], None if ratio == "-" else float(ratio))
        for number, (letter, ratio) in enumerate(pairs, 1)
    }


PICOSNITCH = _scores(
    "yyyyyyyyyyynyyyyyyyyyyyy",
    "1 1 1 1 1 1 .9844 1 1 1 1 0 1 .9883 1 1 1 1 1 1 1 1 1 1",
)
NETHOGS = _scores(
    "yyypnpynpnppyypypyypyypp",
    "1.0442 1 1.0441 1 0 1 1.0576 0 1 0 .4279 1 .8997 1 1 - 1 1 .9999 .2348 "
    ".9682 1.0442 1 1",
)
