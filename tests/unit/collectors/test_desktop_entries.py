"""Desktop entries: names and icons, out of files that anybody may have written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collectors.desktop_entries import (
    Entry,
    Places,
    collect,
    find_places,
    languages,
    parse,
)

FIREFOX = """\
# a comment
[Desktop Entry]
Version=1.0
Name=Firefox
Name[de]=Feuerfuchs
Name[pt_BR]=Raposa
Name[sr@latin]=Vatrolisica
Name [x]=spaced
Icon = firefox
Type=Application
Name=Second

[Desktop Action new-window]
Name=New Window
NoDisplay=true
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A folder for applications, one for autostart."""
    for name in ("applications", "autostart"):
        (tmp_path / name).mkdir()
    return Places((tmp_path / "applications",), (tmp_path / "autostart",))


def put(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a .desktop file."""
    path = folder / f"{name}.desktop"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_an_entry_has_name_and_icon(places: Places) -> None:
    put(places.applications[0], "firefox", FIREFOX)
    assert collect("firefox", places) == Entry(
        "firefox", "Firefox", "firefox", no_display=False, autostart=False
    )
    assert collect("thunderbird", places) is None


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"LANG": "de_AT.UTF-8"}, "Feuerfuchs"),
        ({"LANG": "pt_BR.UTF-8"}, "Raposa"),
        ({"LANG": "pt_PT"}, "Firefox"),
        ({"LANG": "sr_RS@latin"}, "Vatrolisica"),
        ({"LANG": "fr", "LC_ALL": "de"}, "Feuerfuchs"),
        ({"LANG": "fr", "LANGUAGE": "xx:de:pt_BR"}, "Feuerfuchs"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "de"}, "Firefox"),
        ({}, "Firefox"),
    ],
)
def test_the_name_is_in_the_language_of_the_reader(
    places: Places, environ: dict[str, str], name: str
) -> None:
    put(places.applications[0], "firefox", FIREFOX)
    found = collect("firefox", places, languages(environ))
    assert found
    assert found.name == name


def test_what_a_session_starts_is_told(places: Places) -> None:
    put(places.applications[0], "sync", "[Desktop Entry]\nName=Sync\n")
    put(places.autostart[0], "sync", "[Desktop Entry]\nName=Starter\n")
    put(places.autostart[0], "only", "[Desktop Entry]\nName=Only\nNoDisplay=true\n")
    assert collect("sync", places) == Entry(
        "sync", "Sync", "", no_display=False, autostart=True
    )
    assert collect("only", places) == Entry(
        "only", "Only", "", no_display=True, autostart=True
    )


@pytest.mark.parametrize("off", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_what_was_switched_off_is_not_started(places: Places, off: str) -> None:
    put(places.applications[0], "sync", "[Desktop Entry]\nName=Sync\n")
    put(places.autostart[0], "sync", f"[Desktop Entry]\n{off}\n")
    found = collect("sync", places)
    assert found
    assert not found.autostart


def test_the_first_folder_wins_and_may_hide_the_others(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    put(first, "a", "[Desktop Entry]\nName=Mine\n")
    put(first, "b", "[Desktop Entry]\nHidden=true\n")
    for name in ("a", "b"):
        put(second, name, "[Desktop Entry]\nName=System\n")
    places = Places((first, second), ())
    found = collect("a", places)
    assert found
    assert found.name == "Mine"
    assert collect("b", places) is None


def test_snaps_and_folders_have_names_of_their_own(places: Places) -> None:
    folder = places.applications[0]
    put(folder, "firefox_firefox", FIREFOX)
    put(folder, "snap-store_ubuntu-software", FIREFOX)
    put(folder, "kde/foo-bar", FIREFOX)
    for application in ("snap:firefox", "snap:snap-store/ubuntu-software"):
        assert collect(application, places)
    assert collect("kde-foo-bar", places)


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "..-x",
        "/etc/x",
        "",
        ".",
        "a\0b",
        "\udcff",
        "x" * 5000,
        "snap:../..",
        "\x1b[31m",
    ],
)
def test_an_id_is_no_way_out_of_the_folders(places: Places, name: str) -> None:
    put(places.applications[0].parent, "x", FIREFOX)
    assert collect(name, places) is None


def test_what_is_no_plain_file_is_no_entry(places: Places) -> None:
    folder = places.applications[0]
    (folder / "folder.desktop").mkdir()
    (folder / "loop.desktop").symlink_to("loop.desktop")
    (folder / "zero.desktop").symlink_to("/dev/zero")
    (folder / "gone.desktop").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.desktop")
    put(folder, "huge", FIREFOX + "#" * 300_000)
    put(folder, "empty", "")
    put(folder, "binary", bytes(range(256)) * 100)
    put(folder, "other", "[Other]\nName=x\n")
    put(folder, "menu", "[Desktop Entry]\nType=Directory\nName=x\n")
    names = "folder loop zero gone pipe huge empty binary other menu"
    assert [collect(name, places) for name in names.split()] == [None] * 10


def test_a_linked_file_is_an_entry(places: Places, tmp_path: Path) -> None:
    """Flatpak exports links."""
    target = put(tmp_path, "target", FIREFOX)
    (places.applications[0] / "linked.desktop").symlink_to(target)
    assert collect("linked", places)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"Name=", ""),
        (b"Icon=x", ""),
        (b"Name=a\\sb\\\\c\\nd\\qe", "a b\\c d\\qe"),
        (b"Name=  a   b \r", "a b"),
        (b"Name=\xff\xfe", "\udcff\udcfe"),
        (b"Name=\x1b[31mred", "\x1b[31mred"),
        (b"Name=" + b"x" * 1000, "x" * 120),
        ("Name=Fotografía".encode(), "Fotografía"),
    ],
)
def test_a_name_is_one_line_of_bounded_length(
    places: Places, written: bytes, meant: str
) -> None:
    put(places.applications[0], "x", b"\xef\xbb\xbf[Desktop Entry]\n" + written)
    found = collect("x", places)
    assert found
    assert found.name == meant


def test_the_folders_are_those_of_the_environment() -> None:
    found = find_places(
        {
            "HOME": "/home/a",
            "XDG_DATA_DIRS": "/x/share:relative::/usr/share",
            "XDG_CONFIG_HOME": "/home/a/.cfg",
        }
    )
    assert [str(path) for path in found.applications] == [
        "/home/a/.local/share/applications",
        "/home/a/.local/share/flatpak/exports/share/applications",
        "/x/share/applications",
        "/usr/share/applications",
        "/var/lib/flatpak/exports/share/applications",
        "/var/lib/snapd/desktop/applications",
    ]
    assert [str(path) for path in found.autostart] == [
        "/home/a/.cfg/autostart",
        "/etc/xdg/autostart",
    ]


def test_without_an_environment_they_are_the_systems() -> None:
    assert find_places({}) == Places(
        tuple(
            Path(base, "applications")
            for base in (
                "/usr/local/share",
                "/usr/share",
                "/var/lib/flatpak/exports/share",
                "/var/lib/snapd/desktop",
            )
        ),
        (Path("/etc/xdg/autostart"),),
    )


@given(st.binary(max_size=200))
def test_whatever_a_file_holds_it_is_read_or_refused(content: bytes) -> None:
    found = parse(b"[Desktop Entry]\n" + content, ("de",))
    assert all(isinstance(value, str) for value in found.values())
