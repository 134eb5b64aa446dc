"""The object in the package is what its source gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.collectors.bpf import Surroundings, build, open_program
from monitor.collectors.bpf.loading import OBJECT
from tests.kernel.account import Account
from tests.load import next_line

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab import Lab


@pytest.mark.needs("clang", "llvm-strip", "/usr/include/bpf/bpf_helpers.h")
def test_the_object_is_rebuilt_byte_for_byte_or_at_least_works(
    lab: Lab, tmp_path: Path
) -> None:
    rebuilt = tmp_path / "usage.bpf.o"
    build.build(rebuilt)
    if build.compiler() == build.VERSION.read_text(encoding="utf-8").strip():
        assert rebuilt.read_bytes() == OBJECT.read_bytes()

    program = open_program(None, "", surroundings=Surroundings(program=rebuilt)).program
    try:
        account = Account(program, lab)
        server = lab.far.traffic("serve", lab.address["far4"], 7501)
        next_line(server)
        client = lab.near.traffic("transfer", lab.address["far4"], 7501, 1000, 100_000)
        assert (client.wait(), server.wait()) == (0, 0)
        assert account.process(lab.near, client.pid) == account.wire()
    finally:
        program.close()


def test_the_object_tells_nothing_of_the_machine_it_was_built_on() -> None:
    raw = OBJECT.read_bytes()

    assert str(build.FOLDER).encode() not in raw
    assert b"Dual MIT/GPL" in raw
