r"""Which application a cgroup path names; paths as systemd and its friends write them.

`~` is a user's service manager, `HEX` the id of a container.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.applications.cgroups import UNKNOWN, Place, find_place
from monitor.applications.units import unescape

HEX = "ab12" * 16
OTHER = "cd34" * 16
UUID = "2c4a7f5e-3b1d-4e8a-9f6c-0d1e2f3a4b5c"
USER = "/user.slice/user-1000.slice/user@1000.service"
FIXTURES = Path(__file__).parent / "fixtures"


def place(path: str) -> Place:
    """Where a path leads, with the abbreviations of this file written out."""
    return find_place(path.replace("~", USER).replace("HEX", HEX).replace("UUID", UUID))


def rows(name: str) -> list[list[str]]:
    """The words of each line of a table beside this file; `-` is nothing."""
    comment, *lines = (FIXTURES / name).read_text().splitlines()
    columns = comment.count(",")
    return [
        ["" if word == "-" else word for word in line.split(maxsplit=columns)]
        for line in lines
        if not line.startswith("#")
    ]


@pytest.mark.parametrize(
    ("kind", "app_id", "background", "path"), rows("cgroups.txt"), ids=str
)
def test_each_convention_is_read(
    kind: str, app_id: str, background: str, path: str
) -> None:
    found = place(path)
    assert (found.kind, found.app_id) == (kind, app_id)
    assert str(found.background) == background


@pytest.mark.parametrize(("app_id", "app_kind", "path"), rows("programs.txt"), ids=str)
def test_the_outermost_owner_counts_and_the_rest_is_left_to_the_program(
    app_id: str, app_kind: str, path: str
) -> None:
    found = place(path)
    assert (found.app_id, found.app_kind) == (app_id, app_kind)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"a\x2db", "a-b"),
        (r"a\x2Db", "a-b"),
        (r"caf\xc3\xa9", "café"),
        (r"bad\xff", "bad\udcff"),
        ("bad\udcff", "bad\udcff"),
        ("bad\udcff\\x2d", "bad\udcff-"),
        ("\ud800\\x2d", "\ud800\\x2d"),
        (r"nul\x00", r"nul\x00"),
        (r"esc\x1b[31m", r"esc\x1b[31m"),
        (r"\x", r"\x"),
        (r"\xzz\x2", r"\xzz\x2"),
        (r"\x5cx2d", r"\x2d"),
        ("plain", "plain"),
    ],
)
def test_escapes_are_undone_but_for_what_a_terminal_would_obey(
    written: str, meant: str
) -> None:
    assert unescape(written) == meant


def test_user_and_login_session_are_told() -> None:
    login = place("/user.slice/user-1000.slice/session-c12.scope")
    assert (login.uid, login.session, login.attended) == (1000, "c12", True)
    app = place("~/app.slice/app-gnome-code-4521.scope")
    assert (app.uid, app.session) == (1000, "")
    assert place("/system.slice/cron.service").uid is None
    assert place("") == UNKNOWN
    assert place(f"/user.slice/user-{'9' * 5000}.slice/session-1.scope") == UNKNOWN


PIECES = (
    "user.slice user-1000.slice user@1000.service app.slice system.slice .. docker @ "
    "app-gnome-x-1.scope app-.slice session-1.scope docker-.scope kubepods .service "
    r".scope \x2d \x00 \xff machine-.scope snap..scope openrc. app-flatpak-.scope"
)
SEGMENT = st.one_of(
    st.sampled_from(PIECES.split()),
    st.text(st.characters(codec=None), max_size=12),
)


@given(st.lists(SEGMENT, max_size=8).map(lambda each: f"/{'/'.join(each)}"))
@example("/" * 5000)
@example(f"/system.slice/{'x' * 100_000}.service")
@example("/user.slice/user-1000.slice/user@1000.service/" + "app.slice/" * 2000)
def test_whatever_the_path_is_it_leads_somewhere(path: str) -> None:
    """And an application of a kind has a name."""
    found = find_place(path)
    assert found.app_id or not found.app_kind
