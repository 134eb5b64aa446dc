"""Names and icons of applications, and what a session starts unasked: .desktop files.

Scope: the folders of XDG_DATA_HOME and XDG_DATA_DIRS, what flatpak and snapd export,
and the autostart folders; for a service only those of the system.
Privilege: none.
Cost: a lookup opens one file, after a miss in each folder before it.
Source: freedesktop.org's Desktop Entry and Desktop Application Autostart
Specifications.
Own parser of some thirty lines: pyxdg (0.28, the last release, is of 2022) reads files
of any size, follows no rule about what is in them, and reads the locale at import.

The files are hostile: anybody may put one into a folder of his own. What is no plain
file, too large, or without the group `Desktop Entry` is as good as none.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_MOST_BYTES: Final = 256 * 1024  # the largest of a full Debian desktop has 40 kB
_MOST_FOLDERS: Final = 32
_LONGEST_TEXT: Final = 120
_GROUP: Final = "[Desktop Entry]"
_ESCAPES: Final = {"s": " ", "n": " ", "t": " ", "r": " "}
_FLATPAK: Final = "flatpak/exports/share"
_SYSTEM_DATA: Final = "/usr/local/share:/usr/share"
_SYSTEM_CONFIG: Final = "/etc/xdg"
_EXPORTS: Final = (f"/var/lib/{_FLATPAK}", "/var/lib/snapd/desktop")
_SNAP: Final = "snap:"


class Places(NamedTuple):
    """Where to look, the most important folder first."""

    applications: tuple[Path, ...]
    autostart: tuple[Path, ...]


class Entry(NamedTuple):
    """What a person sees of an application.

    Attributes:
        desktop_id: name of its file without the suffix.
        name: in the reader's language; hostile, empty where none is given.
        icon: name in an icon theme, or a path; hostile, may be empty.
        no_display: whether it has no place in menus.
        autostart: whether sessions start it.
    """

    desktop_id: str
    name: str
    icon: str
    no_display: bool
    autostart: bool


def find_places(environ: Mapping[str, str]) -> Places:
    """The folders of a user; of the system alone without an environment.

    Args:
        environ: XDG_DATA_HOME, XDG_DATA_DIRS, XDG_CONFIG_HOME, XDG_CONFIG_DIRS, HOME.
    """
    home = environ.get("HOME", "")
    data = environ.get("XDG_DATA_HOME") or (home and f"{home}/.local/share")
    config = environ.get("XDG_CONFIG_HOME") or (home and f"{home}/.config")
    datas = (environ.get("XDG_DATA_DIRS") or _SYSTEM_DATA).split(":")
    configs = (environ.get("XDG_CONFIG_DIRS") or _SYSTEM_CONFIG).split(":")
    own = [data, f"{data}/{_FLATPAK}"] if data else []
    return Places(
        _folders([*own, *datas, *_EXPORTS], "applications"),
        _folders([config, *configs], "autostart"),
    )


def _folders(bases: Iterable[str], name: str) -> tuple[Path, ...]:
    """The specification ignores what is no absolute path."""
    found = dict.fromkeys(Path(base, name) for base in bases if base.startswith("/"))
    return tuple(found)[:_MOST_FOLDERS]


def languages(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The reader's languages as .desktop files write them, the best first.

    Args:
        environ: LC_ALL, LC_MESSAGES, LANG, LANGUAGE.

    Returns:
        Such as ("de_AT", "de"); empty for English as it is written.
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environ[name] for name in names if environ.get(name)), "")
    if locale.partition(".")[0] in ("", "C", "POSIX"):
        return ()
    found: dict[str, None] = {}
    for each in [*environ.get("LANGUAGE", "").split(":"), locale]:
        plain, _, modifier = each.partition("@")
        country = plain.partition(".")[0]
        language = country.partition("_")[0]
        for word in (country, language):
            found |= dict.fromkeys([f"{word}@{modifier}"] if modifier else [])
            found[word] = None
    found.pop("", None)
    return tuple(found)


def collect(
    application: str, places: Places, wanted: Sequence[str] = ()
) -> Entry | None:
    """The desktop entry of an application.

    Args:
        application: a desktop id, or a snap such as `snap:firefox`; hostile.
        places: where to look.
        wanted: languages, the best first.

    Returns:
        None where no file tells anything of it.
    """
    desktop_id = _desktop_id(application)
    shown = _first(places.applications, desktop_id, wanted)
    started = _first(places.autostart, desktop_id, wanted)
    facts = shown or started
    if not facts or facts.get("Hidden") == "true":  # as if it were not there
        return None
    return Entry(
        desktop_id=desktop_id,
        name=_text(facts.get("Name", "")),
        icon=_text(facts.get("Icon", "")),
        no_display=facts.get("NoDisplay") == "true",
        autostart=bool(started)
        and started.get("Hidden") != "true"
        and started.get("X-GNOME-Autostart-enabled") != "false",
    )


def _desktop_id(application: str) -> str:
    """An id is the name of the file; snapd's are `SNAP_PROGRAM.desktop`."""
    if not application.startswith(_SNAP):
        return application
    snap, _, program = application.removeprefix(_SNAP).partition("/")
    return f"{snap}_{program or snap}"


def _first(
    folders: Iterable[Path], desktop_id: str, wanted: Sequence[str]
) -> dict[str, str]:
    for path in _paths(folders, desktop_id):
        if content := _read(path):
            return parse(content, wanted)
    return {}


def _paths(folders: Iterable[Path], desktop_id: str) -> Iterator[Path]:
    """Files of that id; `kde-foo` is also foo in the folder kde."""
    if not desktop_id or "/" in desktop_id or "\0" in desktop_id:
        return
    above, _, below = desktop_id.partition("-")
    for folder in folders:
        yield folder / f"{desktop_id}.desktop"
        if below and above not in ("", ".", ".."):
            yield folder / above / f"{below}.desktop"


def _read(path: Path) -> bytes:
    """The content of a plain file that is not too large; empty for all others."""
    try:
        # A pipe that nobody writes must not hold us up.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):  # not there, a loop of links, no name for a file
        return b""
    try:
        facts = os.fstat(descriptor)
        is_plain = stat.S_ISREG(facts.st_mode) and facts.st_size <= _MOST_BYTES
        return os.read(descriptor, _MOST_BYTES) if is_plain else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def parse(content: bytes, wanted: Sequence[str] = ()) -> dict[str, str]:
    """The keys of the group `Desktop Entry`.

    Args:
        content: of a .desktop file; what is no UTF-8 stays as surrogateescape.
        wanted: languages for `Name`, the best first.

    Returns:
        Values by key as they are written, `Name` in the best language; empty for a
        file of another kind.
    """
    found: dict[str, str] = {}
    inside = False
    for raw in content.decode("utf-8-sig", "surrogateescape").split("\n"):
        line = raw.strip()
        if line.startswith("["):
            if inside:
                break
            inside = line == _GROUP
        elif inside and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key.rstrip(), value.lstrip())
    if found.get("Type", "Application") != "Application":
        return {}
    for language in wanted:
        if translated := found.get(f"Name[{language}]"):
            return found | {"Name": translated}
    return found


def _text(value: str) -> str:
    """A value as one line of text that is not too long."""
    pieces = value.split("\\\\")
    undone = ["".join(_unescaped(piece)) for piece in pieces]
    return " ".join("\\".join(undone).split())[:_LONGEST_TEXT]


def _unescaped(piece: str) -> Iterator[str]:
    first, *others = piece.split("\\")
    yield first
    for other in others:
        yield _ESCAPES.get(other[:1], f"\\{other[:1]}") + other[1:]
