"""Who an owner is: written down by the kernel, so it is there for the shortest life."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from monitor.collectors.bpf import open_program
from monitor.collectors.bpf.cgroups import find_root
from tests.kernel.account import Account
from tests.load import next_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from monitor.collectors.bpf import Program
    from monitor.usage import Process
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

# A datagram to nobody, without any other program in between.
SEND = "echo x > /dev/udp/{host}/7401"


def sender(lab: Lab, measure: Measure, program: Program, *words: str | Path) -> Process:
    """Run bash with a script that sends, in near; what is known of it afterwards.

    Args:
        lab: where.
        measure: begins to measure.
        program: counts.
        words: bash and its arguments, and what comes before; SEND is put in.
    """
    account = measure(lab)
    script = SEND.format(host=lab.address["far4"])
    command = [str(word).replace("SEND", script) for word in words]
    process = lab.near.popen(command)
    assert process.wait() == 0
    ((owner),) = account.owners(lab.near)
    assert owner.pid == process.pid
    facts = program.process(owner)
    assert facts
    return facts


def test_a_process_is_known_by_path_arguments_user_and_parent(
    lab: Lab, measure: Measure, program: Program
) -> None:
    words = (
        "setpriv",
        "--reuid",
        "1234",
        "--clear-groups",
        "bash",
        "-c",
        "SEND",
        "a b",
    )
    facts = sender(lab, measure, program, *words)
    bash = shutil.which("bash")

    assert bash
    assert facts.exe == os.path.realpath(bash)
    assert facts.argv == ("bash", "-c", SEND.format(host=lab.address["far4"]), "a b")
    assert facts.comm == "bash"
    assert facts.uid == 1234
    assert facts.ppid == os.getpid()


def test_a_long_command_line_is_cut_and_a_long_path_keeps_its_end(
    lab: Lab, measure: Measure, program: Program, tmp_path: Path
) -> None:
    folder = tmp_path.joinpath(*(f"{letter * 90}" for letter in "abcdef"))
    folder.mkdir(parents=True)
    bash = shutil.copy(shutil.which("bash") or "", folder / "long bash")
    facts = sender(lab, measure, program, bash, "-c", "SEND", "x" * 300)

    assert facts.exe.startswith(".../")
    assert facts.exe.endswith(f"{'e' * 90}/{'f' * 90}/long bash")
    line = "\0".join([str(bash), "-c", SEND, "x" * 300])
    assert "\0".join(facts.argv) == line[:256].rstrip("\0")


def test_a_hostile_name_survives_as_it_is(lab: Lab, program: Program) -> None:
    account = Account(program, lab)
    server = lab.far.traffic("serve", lab.address["far4"], 7402)
    next_line(server)
    name = "\udcff\n\x1b[31m<b>"
    client = lab.near.traffic("transfer", lab.address["far4"], 7402, 0, 1, name)
    assert (client.wait(), server.wait()) == (0, 0)
    (owner,) = account.owners(lab.near)

    facts = program.process(owner)
    assert facts
    assert facts.comm == program.comm(owner) == name
    assert facts.exe == os.path.realpath(sys.executable)


@pytest.mark.parametrize("below", ["", "inner", f"{'l' * 150}/{'m' * 150}"])
def test_the_cgroup_is_known_by_its_path(
    lab: Lab, measure: Measure, program: Program, cgroup: Path, below: str
) -> None:
    folder = cgroup / below
    folder.mkdir(parents=True, exist_ok=True)
    words = ("bash", "-c", f"echo $$ > {folder}/cgroup.procs; SEND")
    facts = sender(lab, measure, program, *words)

    assert facts.cgroup == f"/{folder.relative_to(find_root())}"


def test_a_program_of_one_cgroup_counts_nothing_else(lab: Lab, cgroup: Path) -> None:
    program = open_program(None, "", cgroup=cgroup).program
    try:
        account = Account(program, lab)
        script = SEND.format(host=lab.address["far4"])
        stranger = lab.near.popen(["bash", "-c", script])
        assert stranger.wait() == 0
        enter = f"echo $$ > {cgroup}/cgroup.procs; {script}"
        member = lab.near.popen(["bash", "-c", enter])
        assert member.wait() == 0

        assert {owner.pid for owner in account.owners(lab.near)} == {member.pid}
        # Two datagrams crossed the wire, one of them the member's.
        assert 2 * account.side(lab.near).tx.packets == account.wire().tx.packets
    finally:
        program.close()
