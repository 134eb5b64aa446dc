"""A store whose disk fails, call after call, and whose file is flipped bit by bit.

    python -m tests.endurance.store_faults [--times 100] [--flips 400] [--seed N]

Instants: a daemon that starts (with sums, retention and backup), that starts on a
damaged file, that flushes, that stops, and a command that forgets. How many calls they
make to change files is counted first; then random ones of these fail, once or until the
disk is healed, with EIO or ENOSPC, or the program is killed there. A daemon must run,
or have refused with one sentence; when the disk is healed the bill must be what the
kernel counted, to the byte.

Flips: see flips.py. Needs root.
"""

from __future__ import annotations

import argparse
import errno
import random
import secrets
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.e2e.conftest import wait_until_quiet
from tests.e2e.disk import CHANGES, KILL
from tests.endurance.bench import FILES, Bench, is_ready_or_refused, started
from tests.endurance.flips import KINDS, flips
from tests.lab import Lab
from tests.namespaces import let_go

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.e2e.daemon import Esimmon

_EVER: Final = 1 << 60
_WAYS: Final = (
    (errno.EIO, 1),
    (errno.EIO, _EVER),
    (errno.ENOSPC, _EVER),
    (KILL, 1),
)


class Act(NamedTuple):
    """What fails.

    Attributes:
        esimmon: the program on its store, ready.
        do: what is done while the disk fails.
    """

    esimmon: Esimmon
    do: Callable[[], object]


def start(bench: Bench) -> Act:
    """A daemon starts on the store of one that was killed, counts, and flushes."""
    return _start(bench, bench.trial(bench.killed))


def _start(bench: Bench, esimmon: Esimmon) -> Act:
    def do() -> None:
        daemon = esimmon.begin()
        if is_ready_or_refused(daemon):
            bench.move()
            daemon.ask("flush")

    return Act(esimmon, do)


def damaged(bench: Bench) -> Act:
    """The same on a damaged file: it is set aside, the backup restored."""
    esimmon = bench.trial(bench.stopped)
    with esimmon.store.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 8192)
    return _start(bench, esimmon)


def flush(bench: Bench) -> Act:
    """A running daemon flushes twice."""
    esimmon = bench.trial(bench.stopped)
    daemon = started(esimmon)

    def do() -> None:
        for _ in range(2):
            bench.move()
            daemon.ask("flush")

    return Act(esimmon, do)


def forgetting(bench: Bench) -> Act:
    """`esimmon data forget`: rows, the file written anew, the log, the copies."""
    esimmon = bench.trial(bench.stopped)

    def do() -> None:
        words = ("--config", esimmon.config, "--store", esimmon.store)
        done = esimmon.plainly("data", "forget", *words, "--app", "traffic*", "--yes")
        assert "Traceback" not in done.stderr, done.stderr

    return Act(esimmon, do)


def stop(bench: Bench) -> Act:
    """A daemon stops: the last flush, and the log is left."""
    esimmon = bench.trial(bench.stopped)
    daemon = started(esimmon)
    bench.move()

    def do() -> None:
        daemon.send(signal.SIGINT)
        daemon.process.wait()

    return Act(esimmon, do)


STAGES: Final = (start, damaged, flush, forgetting, stop)


class Figures(NamedTuple):
    """What came of a stage.

    Attributes:
        calls: that change files, in a run without a fault.
        tried: how many trials.
        broken: what was wrong, one line each.
    """

    calls: int
    tried: int
    broken: list[str]


def instants(
    bench: Bench,
    stage: Callable[[Bench], Act],
    times: int,
    chance: random.Random,
) -> Figures:
    """Let calls of a stage fail.

    Args:
        bench: makes the trials.
        stage: what is done.
        times: how many trials.
        chance: which calls, and how they fail.
    """
    act = stage(bench)
    bench.disk.watch(CHANGES, FILES)
    act.do()
    calls = bench.disk.seen
    bench.settle(act.esimmon)
    act.esimmon.close()
    broken = []
    for number in range(times):
        skipped, (error, most) = chance.randrange(calls), chance.choice(_WAYS)
        act = stage(bench)
        bench.disk.fail(CHANGES, FILES, error=error, skipped=skipped, most=most)
        try:
            act.do()
            bench.settle(act.esimmon)
        except (AssertionError, OSError) as wrong:
            name = errno.errorcode.get(error, "kill")
            said = [each.said() for each in act.esimmon.daemons]
            line = f"{stage.__name__} {name}x{most} at {skipped}: {wrong!r} {said}"
            broken.append(line)
            _progress(line)
        act.esimmon.close()
        let_go()
        _progress(f"{stage.__name__}: {number + 1} of {times}")
    return Figures(calls, times, broken)


def _progress(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main() -> int:
    """Run all.

    Returns:
        1 when a promise was broken, else 0.
    """
    parser = argparse.ArgumentParser(description="a store whose disk fails")
    parser.add_argument("--times", type=int, default=100, help="trials of each stage")
    parser.add_argument("--flips", type=int, default=400)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    wanted = parser.parse_args()
    chance = random.Random(wanted.seed)  # noqa: S311 - trials that can be repeated
    lines = [f"seed {wanted.seed}"]
    broken: list[str] = []
    with Lab() as lab, tempfile.TemporaryDirectory(prefix="esimmon-faults-") as folder:
        wait_until_quiet(lab)
        bench = Bench(lab, Path(folder))
        for stage in STAGES:
            figures = instants(bench, stage, wanted.times, chance)
            lines.append(
                f"{stage.__name__:12} {figures.tried} trials over {figures.calls} calls"
                f", {len(figures.broken)} broken"
            )
            broken += figures.broken
        found = flips(bench, wanted.flips, chance)
    lines += [f"{found[kind]:5} {kind}" for kind in KINDS]
    _show([*lines, *broken])
    return 1 if broken else 0


def _show(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
