"""Beyond what there is room and time for: it is said, and the bill stays exact."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.truth import of_reason
from tests.endurance.crowd import HEADERS_BYTES, Crowd, until
from tests.endurance.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE_BYTES = 200
ROOM = 65_536
"""Rows, and owners, that the kernel's maps hold (bpf/layout.h)."""
_QUOTA = Path("/sys/fs/cgroup/cpu/esimmon-load")
_PERIOD_US = 100_000
BUSY = "while True: pass"


def overflow(part: int) -> Result:
    """70,000 processes while the daemon stands still: more than its maps hold."""
    result, many = Result(), ROOM + 4464 // part
    with Crowd() as crowd:
        crowd.mark()
        crowd.start()
        crowd.daemon.send(signal.SIGSTOP)
        began_s = time.monotonic()
        passing = crowd.begin("pass", many, SIZE_BYTES)
        said, _ = passing.communicate()
        took_s = time.monotonic() - began_s
        result.expect("all could send", is_so=int(said) == many)
        crowd.daemon.send(signal.SIGCONT)
        counted = crowd.counted()
        result.judge(counted)
        with crowd.maps() as maps:
            health = maps.health()
        size = SIZE_BYTES + HEADERS_BYTES
        nobodys = of_reason(counted.report, "unattributed").tx.bytes
        result.say(f"{many} processes in {took_s:.0f} s; {health}")
        result.say(f"unattributed: {nobodys} B of {many * size} B; {crowd.used()}")
        result.expect("the maps overflow", is_so=health.failed_rows > 0)
        # Others on this machine fill the maps as well, and lose their part.
        honest = 0 < nobodys <= health.failed_bytes
        result.expect(f"unattributed is what failed, not {nobodys}", is_so=honest)
        _judge_words(result, crowd)
        _judge_after(result, crowd)
    return result


def _judge_words(result: Result, crowd: Crowd) -> None:
    """An alert and the doctor say that not all was counted by program."""

    def alerts() -> list[str]:
        return [
            each["detail"]
            for each in crowd.esimmon.alerts()
            if each["kind"] == "monitor.blind"
        ]

    until(alerts, "monitor.blind")
    result.say(f"monitor.blind: {alerts()}")
    said = crowd.esimmon.call("doctor", "--json").stdout
    losses = [each for each in json.loads(said)["findings"] if each["id"] == "losses"]
    result.say(f"doctor: {losses}")
    warns = [each["level"] for each in losses] == ["warn"]
    result.expect(f"doctor warns, not {losses}", is_so=warns)


def _judge_after(result: Result, crowd: Crowd) -> None:
    """Afterwards there is room again, and the next process is named."""
    with crowd.maps() as maps:
        until(lambda: maps.counts()["rows"] < ROOM // 8, "room in the kernel's map")
        before = maps.health()
        held = crowd.hold(10, 1, SIZE_BYTES, "udp")
        named = len(crowd.counted().processes("hold-"))
        result.expect(f"10 new processes are named, not {named}", is_so=named == 10)
        result.expect("nothing more is lost", is_so=maps.health() == before)
        result.say(f"afterwards: {maps.counts()}; {named} of 10 new processes named")
    held.kill()


def quota(part: int) -> Result:
    """A daemon that may use a fiftieth of a core: 2,000 processes, then it is asked."""
    result = Result()
    if not _QUOTA.parent.is_dir():
        result.say("not tried: this machine has no cpu cgroup of version 1")
        return result
    _QUOTA.mkdir()
    try:
        (_QUOTA / "cpu.cfs_period_us").write_text(str(_PERIOD_US), encoding="ascii")
        quota_us = str(_PERIOD_US // 50)
        (_QUOTA / "cpu.cfs_quota_us").write_text(quota_us, encoding="ascii")
        with Crowd() as crowd:
            crowd.mark()
            crowd.start()
            pid = str(crowd.daemon.process.pid)
            (_QUOTA / "cgroup.procs").write_text(pid, encoding="ascii")
            _suffer(result, crowd, 2000 // part)
    finally:
        _QUOTA.rmdir()
    return result


def starved(part: int) -> Result:
    """A daemon of SCHED_IDLE beside a busy loop a core: 2,000 processes, then asked."""
    result = Result()
    with Crowd() as crowd, ExitStack() as stack:
        crowd.mark()
        crowd.start("chrt", "--idle", "0")
        for _ in range(os.cpu_count() or 1):
            stack.enter_context(_busy())
        _suffer(result, crowd, 2000 // part)
    return result


def _suffer(result: Result, crowd: Crowd, many: int) -> None:
    passing = crowd.begin("pass", many, SIZE_BYTES)
    said, _ = passing.communicate()
    began_s = time.monotonic()
    counted = crowd.counted()
    result.judge(counted)
    named = counted.of("crowd").tx.bytes
    sent = int(said) * (SIZE_BYTES + HEADERS_BYTES)
    result.expect(f"{sent} B are named, not {named}", is_so=named == sent)
    took_s = time.monotonic() - began_s
    result.say(
        f"{said.strip()} processes: {named} B of {sent} B named, {took_s:.1f} s after "
        f"they were asked for; {crowd.used()}"
    )


@contextmanager
def _busy() -> Iterator[None]:
    process = subprocess.Popen(["python3", "-c", BUSY])
    try:
        yield
    finally:
        process.kill()
        process.wait()
