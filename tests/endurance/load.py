"""The daemon under more load than a machine has: what it says is still so.

    python -m tests.endurance.load [SCENARIO...] [--part N]

Each scenario has the real daemon, with eBPF and its usual tick, in a lab of its own;
its docstring says what is done. `--part 10` makes a tenth of each. Counts and bytes
hold on a busy machine, too; times and CPU are those of this machine as it is. Needs
root and clang.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from tests.benchmarks.short import Life
from tests.endurance.beyond import overflow, quota, starved
from tests.endurance.crowd import HEADERS_BYTES, Crowd
from tests.endurance.flood import packets
from tests.endurance.probe import Probe
from tests.endurance.results import Result
from tests.load import next_line

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.endurance.crowd import Counted

SIZE_BYTES = 100
"""That the first process sends at once; the others up to 99 more."""


def processes(part: int) -> Result:
    """10,000 processes with a socket each, while the daemon runs; each sends thrice."""
    result, many = Result(), 10_000 // part
    with Crowd() as crowd:
        crowd.mark()
        result.say(f"ready after {crowd.start():.1f} s")
        with Probe(crowd.daemon) as probe:
            held = crowd.hold(many, 1, SIZE_BYTES, "udp")
            for _ in range(2):
                again(held)
            time.sleep(10 if part == 1 else 0)  # one tick at least with all of them
            counted = crowd.counted()
        _judge_each(result, counted, many, rounds=3)
        _tell(result, crowd, probe)
        _end(held)
    return result


def older(part: int) -> Result:
    """10,000 processes with a socket each, older than the daemon; each sends twice."""
    result, many = Result(), 10_000 // part
    with Crowd() as crowd:
        held = crowd.hold(many, 1, SIZE_BYTES, "udp")
        crowd.mark()
        result.say(f"ready after {crowd.start():.1f} s; {crowd.used()}")
        for _ in range(2):
            again(held)
        _judge_each(result, crowd.counted(), many, rounds=2)
        result.say(f"with all bytes stored: {crowd.used()}")
        _end(held)
    return result


def one_process(part: int) -> Result:
    """50,000 TCP connections of one process; it sends on each of them thrice."""
    return _sockets(1, 50_000 // part)


def many_processes(part: int) -> Result:
    """50,000 TCP connections of 5,000 processes, ten each; each sends thrice."""
    return _sockets(5000 // part, 10)


def _sockets(many: int, each: int) -> Result:
    result = Result()
    with Crowd() as crowd:
        crowd.mark()
        crowd.start()
        with Probe(crowd.daemon) as probe:
            held = crowd.hold(many, each, SIZE_BYTES, "tcp")
            for _ in range(2):
                again(held)
            counted = crowd.counted()
        result.judge(counted)
        _expect_all(result, counted, "hold-")
        found = len(counted.processes("hold-"))
        result.expect(f"{many} processes named, not {found}", is_so=found == many)
        result.say(f"{many} processes with {each} connections each: {found} named")
        _tell(result, crowd, probe)
        _end(held)
    return result


def churn(part: int) -> Result:
    """200 new processes a second for 5 minutes, with a TCP connection each."""
    result, seconds = Result(), 300 // part
    many = 200 * seconds
    with Crowd() as crowd:
        crowd.mark()
        crowd.start()
        with Probe(crowd.daemon) as probe:
            began_s = time.monotonic()
            crowd.short.run(many, Life(rate=200))
            took_s = time.monotonic() - began_s
            counted = crowd.counted()
        result.judge(counted)
        _expect_all(result, counted, "short-")
        found = len(counted.processes("short-"))
        result.expect(f"{many} processes named, not {found}", is_so=found == many)
        result.say(f"{many} processes in {took_s:.0f} s: {found} named")
        _tell(result, crowd, probe)
    return result


def again(held: subprocess.Popen[str]) -> None:
    """Let all processes of `Crowd.hold` send once more, and wait until they have.

    Args:
        held: their parent.
    """
    assert held.stdin is not None
    held.stdin.write("\n")
    held.stdin.flush()
    next_line(held)


def _end(held: subprocess.Popen[str]) -> None:
    assert held.stdin is not None
    held.stdin.close()
    held.wait()


def _judge_each(result: Result, counted: Counted, many: int, rounds: int) -> None:
    """Each process must have exactly what it sent."""
    result.judge(counted)
    found = counted.processes("hold-")
    sent = {
        f"hold-{number}": rounds * (HEADERS_BYTES + SIZE_BYTES + number % 100)
        for number in range(many)
    }
    wrong = [name for name in sent if found.get(name) != sent[name]]
    result.expect(f"each process has its bytes, but {wrong[:5]}", is_so=not wrong)
    result.expect("no process twice", is_so=len(found) == many)
    result.say(
        f"{many - len(wrong)} of {many} processes named, with exactly their bytes"
    )


def _expect_all(result: Result, counted: Counted, name: str) -> None:
    """All that was on the wire must be these processes'."""
    of, wire = counted.of(name), counted.wire
    result.expect(f"all of {wire} is theirs, not {of}", is_so=of == wire)
    result.say(f"theirs: {of}; the wire: {wire}")


def _tell(result: Result, crowd: Crowd, probe: Probe) -> None:
    with crowd.maps() as maps:
        health = maps.health()
        result.say(f"kernel maps: {maps.counts()}")
    result.expect(f"nothing is lost, but {health}", is_so=not any(health))
    result.say(f"daemon: {crowd.used()}")
    result.say(
        f"longest without an answer {probe.longest_s:.2f} s, of which its loop was "
        f"on a CPU at most {probe.longest_run_s:.2f} s"
    )


SCENARIOS: dict[str, Callable[[int], Result]] = {
    each.__name__: each
    for each in (
        *(processes, older, one_process, many_processes, churn),
        *(packets, overflow, quota, starved),
    )
}


def main() -> int:
    """Play scenarios, and print what came of them.

    Returns:
        1 when a promise was broken.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(SCENARIOS)}")
    parser.add_argument("--part", type=int, default=1)
    wanted = parser.parse_args()
    failures = 0
    for name in wanted.scenario or SCENARIOS:
        began_s = time.monotonic()
        print(f"{name} ...", file=sys.stderr, flush=True)
        result = SCENARIOS[name](wanted.part)
        told = (SCENARIOS[name].__doc__ or "").splitlines()[0]
        print(f"{name}: {told} ({time.monotonic() - began_s:.0f} s)")
        for figure in result.figures:
            print(f"    {figure}")
        for each in result.broken:
            print(f"    BROKEN: {each}")
        failures += bool(result.broken)
        sys.stdout.flush()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
