"""A configuration that cannot be used: one sentence, and nothing was begun."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.e2e.places import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place

BROKEN = {
    "syntax": ("[sampling\n", "not valid TOML"),
    "an unknown key": ('[sampling]\ntik = "1 s"\n', "Did you mean sampling.tick?"),
    "a wrong type": ("[sampling]\ntick = 1\n", "sampling.tick = 1: must be a time"),
    "an impossible value": ('[sampling]\ntick = "2 h"\n', 'must be from "1 s" to'),
    "bytes that are no text": ("[store]\npath = '\udcff'\n", "not UTF-8"),
    "a terminal's escape": ('"\\u001b]0;owned\\u0007" = 1\n', "unknown key"),
    "too deep a nest": ("a = " + "[" * 100_000, "nested too deeply"),
    "too much of it": ("#" * 1_000_001, "more than 1 MB"),
    "a long number": ("[store]\nbackups = " + "9" * 5000, "too long"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_configuration_is_refused_for(esimmon: Esimmon, kind: str) -> None:
    text, reason = BROKEN[kind]
    esimmon.configure(text)
    _refused(esimmon, reason)


def test_a_configuration_that_is_not_there_is_refused(esimmon: Esimmon) -> None:
    esimmon.config.unlink()
    _refused(esimmon, "No such file or directory. Is the name right?")


def test_a_pipe_that_nobody_writes_is_refused_at_once(esimmon: Esimmon) -> None:
    esimmon.config.unlink()
    os.mkfifo(esimmon.config)
    _refused(esimmon, "not a regular file")


def test_a_configuration_that_the_user_may_not_read_is_refused(
    user: Place, make: Callable[[Place], Esimmon]
) -> None:
    esimmon = make(user)
    assert user.uid == NOBODY
    esimmon.config.chmod(0o600)
    _refused(esimmon, "Permission denied")


def _refused(esimmon: Esimmon, reason: str) -> None:
    done = esimmon.call("run")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"esimmon: {esimmon.config}")
    assert reason in done.stderr
    line, _, rest = done.stderr.partition("\n")
    assert line.isprintable()
    assert rest == ""
    assert not list(esimmon.folder.glob("usage.db*"))
    assert not esimmon.control().exists()
