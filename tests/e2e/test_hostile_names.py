"""Names that try to do something: escaped for people, exact for programs."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import struct
import sys
import unicodedata
from typing import TYPE_CHECKING

import pytest

from tests.e2e.screen import Screen
from tests.e2e.truth import free_port, moved, of_process
from tests.load import next_line
from tests.namespaces import TRAFFIC

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

DOWN = 1000
NAMES = {
    "a terminal's escape": b"\x1b]0;own\x07\x1b[2J",
    "a new line": b"one\ntwo\r\tthree",
    "markup": b"<b>&amp;",
    "no UTF-8": b"\xff\xfe\xe2\x28\xa1",
    "a right-to-left override": "\u202etxt.exe".encode(),
    "a formula": b'=1+1,"x";',
    "a cut character": "\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc".encode(),
    "a blank": b" ",
}
# A conversation of tests/traffic.py, by a copy of bash under any name.
CONVERSE = r"""
exec 3<>"/dev/tcp/$1/$2"
printf "$3" >&3
read -r -d '' -u 3
exec 3>&-
"""

RENAMED = """
import ctypes, sys
sys.path.append(sys.argv[1])
import traffic
ctypes.CDLL(None).prctl(15, {0}, 0, 0, 0)
traffic.transfer("{1}", "{2}", "0", "1000")
"""


class Named:
    """A program with a name of its own choice, and one conversation.

    Attributes:
        file: its program file, of that name.
        pid: of its process.
        port: of the conversation.
    """

    def __init__(self, lab: Lab, folder: Path, name: bytes) -> None:
        bash = shutil.which("bash")
        assert bash is not None
        self.file = os.path.join(os.fsencode(folder), name)  # noqa: PTH118 - bytes
        shutil.copy(os.fsencode(bash), self.file)
        self.port = free_port()
        self._lab = lab
        far = lab.address["far4"]
        self._server = lab.far.traffic("serve", far, self.port)
        next_line(self._server)
        header = struct.pack("=QQ", 0, DOWN)
        self.words = [
            *(os.fsdecode(self.file), "-c", CONVERSE, "converse", far, str(self.port)),
            "".join(f"\\x{byte:02x}" for byte in header),
        ]

    def run(self) -> None:
        """Converse."""
        process: subprocess.Popen[str] = self._lab.near.popen(self.words)
        self.pid = process.pid
        assert process.wait() == 0
        self.wait()

    def wait(self) -> None:
        """The other side has ended, and all is on the wire."""
        assert self._server.wait() == 0
        self._lab.wire()


def is_plain(text: str) -> bool:
    """Whether a terminal shows it and obeys nothing."""
    lines = text.split("\n")
    return all(
        line.isprintable() and not any(unicodedata.category(c) == "Cf" for c in line)
        for line in lines
    )


def test_names_of_programs_are_exact_in_json_and_escaped_for_people(
    lab: Lab, esimmon: Esimmon
) -> None:
    daemon = esimmon.start()
    programs = {name: Named(lab, esimmon.folder, name) for name in NAMES.values()}
    for program in programs.values():
        program.run()

    report = esimmon.report()
    rows = {row["pid"]: row for row in report["rows"]}
    for name, program in programs.items():
        assert of_process(report, program.pid) == lab.port(program.port)
        row = rows[program.pid]
        assert os.fsencode(row["exe"]) == program.file
        assert os.fsencode(row["application"]) == name
        assert os.fsencode(row["comm"]) == name[:15]
    for by in ("process", "application"):
        _has_sane_csv(esimmon, by, len(NAMES))
        done = esimmon.call("report", "--by", by)
        assert (done.returncode, done.stderr) == (0, "")
        assert is_plain(done.stdout)
    assert daemon.stop() == 0
    assert is_plain(daemon.shown())


def _has_sane_csv(esimmon: Esimmon, by: str, rows: int) -> None:
    done = esimmon.call("report", "--by", by, "--csv")
    assert is_plain(done.stdout)
    assert done.stdout.count("\n") == rows + 1
    read = list(csv.reader(io.StringIO(done.stdout)))
    assert {len(line) for line in read} == {len(read[0])}


def test_names_that_processes_give_themselves_are_exact_in_json(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.start()
    far = lab.address["far4"]
    pids = {}
    for name in NAMES.values():
        port = free_port()
        next_line(lab.far.traffic("serve", far, port))
        script = RENAMED.format(name, far, port)
        process = lab.near.popen([sys.executable, "-S", "-c", script, TRAFFIC.parent])
        assert process.wait() == 0
        pids[process.pid] = name
    lab.wire()

    report = esimmon.report()
    named = {row["pid"]: os.fsencode(row["comm"]) for row in report["rows"]}
    assert named == {pid: name[:15] for pid, name in pids.items()}


def test_a_poor_terminal_gets_every_name_escaped(lab: Lab, esimmon: Esimmon) -> None:
    esimmon.start()
    Named(lab, esimmon.folder, "\u4e2d\u6587".encode()).run()
    poor = esimmon.at(esimmon.place.given(PYTHONIOENCODING="ascii"))
    for form in ("text", "csv", "json"):
        done = poor.call("report", "--by", "process", "--format", form)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.isascii()


def test_the_live_line_obeys_no_name(lab: Lab, esimmon: Esimmon, root: Place) -> None:
    on_terminal = esimmon.at(root.inside("setsid", "--ctty", "--"))
    with Screen() as screen:
        daemon = on_terminal.begin(terminal=screen.terminal)
        screen.wait_for("Stop with Ctrl-C.")
        Named(lab, esimmon.folder, NAMES["a terminal's escape"]).run()
        screen.wait_for("most: \\x1b]0;own\\x07\\x1b[2J")
        screen.press_ctrl_c()
        screen.wait_for("next: ")
        assert daemon.process.wait(5) == 0
    assert "\x07" not in screen.text


@pytest.mark.parametrize("kind", ["a terminal's escape", "no UTF-8"])
def test_measure_treats_names_in_the_same_way(
    lab: Lab, esimmon: Esimmon, kind: str
) -> None:
    name = NAMES[kind]
    program = Named(lab, esimmon.folder, name)
    done = esimmon.plainly("measure", "--json", "--", *program.words)
    program.wait()
    assert done.returncode == 0
    assert done.stderr.isascii()
    found = json.loads(done.stderr)
    assert moved([found]) == lab.port(program.port)
    (row,) = found["rows"]
    assert os.fsencode(row["comm"]) == name[:15]
    assert os.fsencode(row["exe"]) == program.file

    program = Named(lab, esimmon.folder, name)
    done = esimmon.plainly("measure", "--", *program.words)
    program.wait()
    assert is_plain(done.stderr)
    assert done.stderr.count("\n") == 3
