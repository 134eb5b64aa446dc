"""Whatever callers do to its socket, the daemon counts, and answers everybody else."""

from __future__ import annotations

import itertools
import json
import os
import re
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings

from monitor.client.statusfile import status_path
from tests.conversations import (
    METHODS,
    ODD,
    PARAMS,
    Conversation,
    conversations,
    hold,
)
from tests.e2e.daemon import wait_for
from tests.e2e.test_alerts import PLAN
from tests.e2e.truth import billed, of_process, raw, transfer
from tests.lab import DEVICE
from tests.load import next_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.daemon import Daemon, Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

EXAMPLES = int(os.environ.get("ESIMMON_TEST_CONVERSATIONS", "150"))
ROOM_KB = 16_384
CROWD = """
import resource, socket, sys
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
links = []
for number in range(1000):
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(20)
    link.connect(sys.argv[1])
    try:
        link.sendall(b'{"id": 1, "method": "alerts.pending"}\\n' * (number % 2 * 900))
    except OSError:
        pass
    links.append(link)
print("here", flush=True)
sys.stdin.read()
"""
ASK = (
    "import sys, pathlib; from monitor.client.calling import call; "
    "print(call(pathlib.Path(sys.argv[1]), 'status', {}).result['pid'])"
)
# What Python says where nobody thought of the case.
_PYTHONS_WORDS = re.compile(
    r"Traceback|object is|object has|NoneType|argument|codec|unhashable|subscript"
)


def descriptors(daemon: Daemon) -> int:
    """How many files the daemon holds open."""
    return len(list(Path(f"/proc/{daemon.process.pid}/fd").iterdir()))


def resident_kb(daemon: Daemon) -> int:
    """Its memory."""
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1])


def ticked_ns(daemon: Daemon) -> int:
    """When the daemon looked last."""
    document = json.loads(Path(status_path(daemon.control)).read_bytes())
    return int(document["boottime_ns"])


def ticks(daemon: Daemon, times: int) -> None:
    """Wait for more of them."""
    for _ in range(times):
        before = ticked_ns(daemon)
        wait_for(lambda: ticked_ns(daemon) > before, "the next tick")  # noqa: B023 - called at once


def refusals(answered: bytes) -> set[str]:
    """What the daemon said no with."""
    answers = [json.loads(line) for line in answered.splitlines()]
    return {answer["error"]["message"] for answer in answers if "error" in answer}


def pending(daemon: Daemon) -> list[dict[str, Any]]:
    """What agents are to show."""
    answer = daemon.ask("alerts.pending")
    assert answer is not None
    found: list[dict[str, Any]] = answer["alerts"]
    return found


class Attacked:
    """A daemon with an alert, and how it was before the attack."""

    def __init__(self, lab: Lab, esimmon: Esimmon) -> None:
        self.lab, self.esimmon = lab, esimmon
        self.raw = raw(lab.near)
        esimmon.configure(PLAN)
        self.daemon = esimmon.start()
        transfer(lab, down=1_200_000)
        wait_for(lambda: pending(self.daemon), "the alert")
        self.handle = pending(self.daemon)[0]["id"]
        assert self.daemon.flush()
        self.files = descriptors(self.daemon)
        self.memory_kb = resident_kb(self.daemon)
        self.said: set[str] = set()

    def attack(self, conversation: Conversation) -> None:
        """Let somebody talk; afterwards somebody else is answered."""
        self.said |= refusals(hold(self.daemon.control, conversation))
        status = self.daemon.ask("status")
        assert status is not None
        assert status["pid"] == self.daemon.process.pid

    def check(self) -> None:
        """It ticks and counts to the byte; nothing is held, and nobody saw Python."""
        ticks(self.daemon, 2)
        pid, wire = transfer(self.lab, down=30_000)
        report = self.esimmon.report()
        assert of_process(report, pid) == wire
        assert billed(report) == raw(self.lab.near) - self.raw
        wait_for(lambda: descriptors(self.daemon) <= self.files, "all to be dropped")
        assert resident_kb(self.daemon) - self.memory_kb < ROOM_KB
        assert [each for each in self.said if _PYTHONS_WORDS.search(each)] == []
        assert "Traceback" not in self.daemon.said()
        assert self.daemon.stop() == 0


def test_no_conversation_disturbs_the_counting(lab: Lab, esimmon: Esimmon) -> None:
    attacked, lines = Attacked(lab, esimmon), 0

    @settings(max_examples=EXAMPLES)
    @given(conversations(METHODS))
    def talk(conversation: Conversation) -> None:
        nonlocal lines
        lines += conversation.sent.count(b"\n")
        attacked.attack(conversation)

    talk()
    attacked.check()
    sys.stdout.write(f"{EXAMPLES} conversations, {lines} lines\n")


def test_whatever_a_method_is_given_it_answers_or_says_why_not(
    lab: Lab, esimmon: Esimmon
) -> None:
    attacked, calls = Attacked(lab, esimmon), 0
    good = {"id": attacked.handle, "network": f"if:{DEVICE}", "plan": "travel"}
    for method, names in PARAMS.items():
        given = {name: good.get(name, "x") for name in names}
        for name, odd in itertools.product(names, ODD):
            asked = {"id": 1, "method": method, "params": given | {name: odd}}
            line = json.dumps(asked).encode() + b"\n"
            attacked.attack(Conversation([line], with_descriptors=False, reads=True))
            calls += 1
    attacked.check()
    sys.stdout.write(f"{calls} calls\n" + "\n".join(map(ascii, sorted(attacked.said))))


@contextmanager
def crowd(place: Place, control: Path) -> Iterator[None]:
    """A thousand connections of a user who says nothing, or asks and never reads."""
    with subprocess.Popen(
        [*place.enter, place.python, "-c", CROWD, str(control)],
        env=place.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert next_line(process) == "here\n"
        yield
        process.communicate()


def test_a_thousand_connections_of_one_user_shut_nobody_out(
    lab: Lab, esimmon: Esimmon, user: Place
) -> None:
    esimmon.configure(PLAN)
    daemon = esimmon.start()
    files = descriptors(daemon)
    with socket.socket(socket.AF_UNIX) as agent:
        agent.settimeout(20)
        agent.connect(str(daemon.control))
        agent.sendall(b'{"id": 1, "method": "alerts.pending"}\n')
        with agent.makefile("rb") as lines:
            assert json.loads(lines.readline())["result"]["alerts"] == []
            with crowd(user, daemon.control):
                # Somebody else, and he himself.
                assert daemon.flush()
                command = [*user.enter, user.python, "-c", ASK, str(daemon.control)]
                done = subprocess.run(
                    command,
                    env=user.environ,
                    capture_output=True,
                    text=True,
                    check=True,
                )
                assert int(done.stdout) == daemon.process.pid
                ticks(daemon, 2)
                pid, wire = transfer(lab, down=1_200_000)
                told = json.loads(lines.readline())["params"]["alerts"]
                assert [alert["kind"] for alert in told] == ["data.limit"]
                assert of_process(esimmon.report(), pid) == wire
    wait_for(lambda: descriptors(daemon) <= files, "the crowd to be dropped")
    assert "Traceback" not in daemon.said()
    assert daemon.stop() == 0
