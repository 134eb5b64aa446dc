"""`esimmon measure CMD`: exactly what the command and its children moved."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.collectors.bpf.cgroups import find_root
from tests.e2e.truth import free_port, moved, transfer
from tests.load import next_line
from tests.namespaces import TRAFFIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import CompletedProcess

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

PYTHON = (sys.executable, "-S", "-E", str(TRAFFIC))


@pytest.fixture(autouse=True)
def _no_cgroup_stays() -> Iterator[None]:
    before = _cgroups()
    yield
    # Those of other programs may come and go meanwhile; ours must have gone.
    mine = {path for path in _cgroups() - before if not _is_alive(path)}
    assert mine == set()


def _cgroups() -> set[Path]:
    return set(find_root().glob("esimmon-measure-*"))


def _is_alive(path: Path) -> bool:
    return Path("/proc", path.name.rpartition("-")[2]).exists()


def measure(esimmon: Esimmon, *words: str) -> CompletedProcess[str]:
    """Measure a command."""
    return esimmon.plainly("measure", "--json", *words)


def figures(done: CompletedProcess[str]) -> dict[str, Any]:
    """What was measured: the last line of standard error."""
    found: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    return found


def test_a_command_has_what_the_wire_counted(lab: Lab, esimmon: Esimmon) -> None:
    far, port = lab.address["far4"], free_port()
    next_line(lab.far.traffic("serve", far, port))
    words = (*PYTHON, "transfer", far, str(port), "300000", "700000", "lab-measure")
    done = measure(esimmon, *words)
    transfer(lab, down=1000)  # the neighbours' traffic is not in it
    lab.wire()

    assert (done.returncode, done.stdout) == (0, "")
    found = figures(done)
    assert moved([found]) == moved(found["rows"]) == lab.port(port)
    assert [row["comm"] for row in found["rows"]] == ["lab-measure"]
    assert found["command"] == list(words)
    assert (found["exit_status"], found["still_running"]) == (0, 0)


def test_children_and_what_outlives_the_shell_are_counted(
    lab: Lab, esimmon: Esimmon
) -> None:
    far, port = lab.address["far4"], free_port()
    next_line(lab.far.traffic("serve", far, port, 5))
    short = " ".join((*PYTHON, "short_lived", far, str(port), "4", "20000"))
    one = " ".join((*PYTHON, "transfer", far, str(port), "0", "50000", "last"))
    done = measure(esimmon, "sh", "-c", f"{short} >&2 & {one}; wait")
    lab.wire()

    assert done.returncode == 0
    found = figures(done)
    assert moved([found]) == lab.port(port)
    names = sorted(row["comm"] for row in found["rows"])
    assert names == ["last", *(f"short-{number}" for number in range(4))]


def test_loopback_is_not_counted(esimmon: Esimmon) -> None:
    port = str(free_port())
    server = " ".join((*PYTHON, "serve", "127.0.0.1", port))
    client = " ".join((*PYTHON, "transfer", "127.0.0.1", port, "1000", "1000"))
    done = measure(esimmon, "sh", "-c", f"{server} | (read -r _; {client}; cat)")
    assert done.returncode == 0
    assert moved([figures(done)]).rx.bytes == 0


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["true"], 0),
        (["sh", "-c", "exit 3"], 3),
        (["sh", "-c", "kill -TERM $$"], 128 + signal.SIGTERM),
        (["sh", "-c", "kill -KILL $$"], 128 + signal.SIGKILL),
        (["/nonexistent/command"], 127),
        (["esimmon-no-such-command"], 127),
        (["/etc/passwd"], 126),
        (["/tmp"], 126),  # noqa: S108 - a directory, which nobody can execute
    ],
)
def test_the_exit_status_is_that_of_the_command(
    esimmon: Esimmon, words: list[str], status: int
) -> None:
    done = measure(esimmon, *words)
    assert done.returncode == status
    assert figures(done)["exit_status"] == status
    if status in (126, 127):
        assert done.stderr.startswith(f"esimmon: {words[0]}: ")
        assert "Traceback" not in done.stderr


def test_the_output_of_the_command_stays_whole(esimmon: Esimmon) -> None:
    done = esimmon.plainly("measure", "--", "sh", "-c", "echo out; echo err >&2")
    assert done.stdout == "out\n"
    err, header, total = done.stderr.splitlines()
    assert err == "err"
    assert header.split() == ["process", "pid", "down", "up", "packets"]
    assert total.split() == ["total", "0", "B", "0", "B", "0"]


def test_a_pipe_ends_quietly_as_without_measuring(esimmon: Esimmon) -> None:
    done = measure(esimmon, "sh", "-c", "yes | head -n 1")
    assert done.stdout == "y\n"
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1


def test_a_command_that_leaves_a_process_behind_says_so(esimmon: Esimmon) -> None:
    done = measure(esimmon, "sh", "-c", "sleep 30 >/dev/null 2>&1 & echo $!")
    left = int(done.stdout)
    assert figures(done)["still_running"] == 1
    cgroup = Path(f"/proc/{left}/cgroup").read_text(encoding="ascii")
    assert "esimmon-measure" not in cgroup
    os.kill(left, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_measurement_is_handed_to_the_command(
    esimmon: Esimmon, number: signal.Signals
) -> None:
    script = "import time; print('begun', flush=True); time.sleep(10)"
    words = [*esimmon.place.enter, esimmon.place.python, "-m", "monitor", "measure"]
    process = subprocess.Popen(
        [*words, "--json", sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=esimmon.place.environ,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        _, errors = process.communicate()
    assert process.returncode == 128 + number
    assert json.loads(errors)["exit_status"] == 128 + number


def test_a_plain_user_is_told_in_one_sentence_what_it_needs(
    user: Place, make: Callable[[Place], Esimmon]
) -> None:
    done = make(user).plainly("measure", "true")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("esimmon: ")
    assert "Run it as root: sudo esimmon measure" in done.stderr
