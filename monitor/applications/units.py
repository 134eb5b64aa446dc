r"""Names of systemd's units, taken apart: applications, snaps, containers, machines.

Pure. The conventions: systemd's DESKTOP_ENVIRONMENTS document for
`app[-LAUNCHER]-ID-RANDOM.scope` and `app[-LAUNCHER]-ID[@RANDOM].service`, where a `-`
of the id is written `\x2d`, so that names are split before they are unescaped; snapd
for `snap.SNAP.APP-UUID.scope`; the container engines for theirs.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_ESCAPE: Final = re.compile(rb"\\x([0-9a-fA-F]{2})")  # systemd.unit(5)
_PRINTABLE: Final = range(0x20, 0x7F)
_BEYOND_ASCII: Final = 0x80
_SHORT_ID: Final = 12  # docker ps shows as many
_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# Who starts applications. One that does not escape dashes (`app-gnome-google-chrome-1`)
# can only be told from the id when it is known; with two words the first is one.
_LAUNCHERS: Final = re.compile(
    "gnome|kde|flatpak|dbus|steam|hyprland|sway|niri|river|labwc|wayfire|cosmic|i3|xfce"
    "|lxqt|mate|budgie|cinnamon|phosh|uwsm|graphical|snap|exec",
    re.IGNORECASE,
)
_SNAP: Final = re.compile(
    rf"snap\.([^.]+)(?:\.(.+?))?(?:[.-]{_UUID})?\.(scope|service)"
)
_ENGINES: Final = (
    (re.compile(r"(?:docker|buildkit)-([0-9a-f]{12,64})\.scope"), "docker"),
    (re.compile(r"libpod-([0-9a-f]{12,64})(?:\.scope)?"), "podman"),
    (re.compile(r"nerdctl-([0-9a-f]{12,64})\.scope"), "containerd"),
    (re.compile(r"(?:cri-containerd|crio)-([0-9a-f]{12,64})\.scope"), "kubernetes"),
    (re.compile(r"lxc\.(?:payload|monitor)\.(.+)"), "lxc"),
    (re.compile(r"machine-lxc\\x2d[0-9]+\\x2d(.+)\.scope"), "lxc"),
    (re.compile(r"machine-qemu\\x2d[0-9]+\\x2d(.+)\.scope"), "vm"),
    (re.compile(r"qemu-[0-9]+-(.+)\.libvirt-qemu"), "vm"),
    (re.compile(r"systemd-nspawn@(.+)\.service"), "nspawn"),
    (re.compile(r"machine-(.+)\.scope"), "nspawn"),
)
_HEX_ID: Final = re.compile(r"[0-9a-f]{12,64}")
_WHOLE_ID: Final = re.compile(r"[0-9a-f]{64}")
# Folders of engines that do not ask systemd (`cgroupfs`), with the ids below them.
_FOLDERS: Final = {
    "docker": "docker",
    "moby": "docker",
    "default": "containerd",
    "k8s.io": "kubernetes",
}


class AppUnit(NamedTuple):
    """A unit that holds one application.

    Attributes:
        app_id: name of its desktop entry; never empty.
        launcher: who started it, empty where the unit does not say.
        is_autostart: whether the session did, unasked.
    """

    app_id: str
    launcher: str
    is_autostart: bool


def unescape(name: str) -> str:
    r"""Undo systemd's `\x2d` escapes of a unit name.

    Args:
        name: from a cgroup path, hostile.

    Returns:
        The name; an escape that stands for a control character stays as it is written.
    """
    if "\\x" not in name:
        return name
    try:
        raw = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # no bytes of a kernel make such a string
        return name
    return _ESCAPE.sub(_byte, raw).decode("utf-8", "surrogateescape")


def _byte(found: re.Match[bytes]) -> bytes:
    code = int(found[1], 16)
    is_text = code in _PRINTABLE or code >= _BEYOND_ASCII
    return bytes([code]) if is_text else found[0]


def app_unit(unit: str) -> AppUnit | None:
    """The application of a unit.

    Args:
        unit: scope, service or slice, not unescaped.

    Returns:
        None for a unit of another kind.
    """
    base, _, kind = unit.rpartition(".")
    if not base.startswith("app-"):
        return None
    body, _, instance = base.removeprefix("app-").partition("@")
    is_autostart = kind == "service" and instance == "autostart"
    if kind == "service" and body.endswith("-autostart"):  # systemd before 248
        body, is_autostart = body.removesuffix("-autostart"), True
    words = _without_random(body.split("-"), kind)
    launcher = words[0] if _is_launcher(words) else ""
    app_id = unescape("-".join(words[1:] if launcher else words))
    return AppUnit(app_id, launcher, is_autostart) if app_id.strip("-") else None


def _without_random(words: list[str], kind: str) -> list[str]:
    if kind == "scope":
        words = words[:-1]  # a scope always has its random part
    if kind == "slice" and len(words) > 1 and re.fullmatch("[0-9a-f]+", words[-1]):
        words = words[:-1]
    while kind != "slice" and len(words) > 1 and words[-1].isdigit():
        words = words[:-1]  # app-kitty-1234-0.scope, app-KDE-org.kde.okular-1.service
    return words


def _is_launcher(words: list[str]) -> bool:
    if len(words) <= 1:
        return False
    is_pair = len(words) == len(("launcher", "id"))
    is_word = bool(words[0]) and "." not in words[0]
    return (is_pair and is_word) or bool(_LAUNCHERS.fullmatch(words[0]))


def snap_name(unit: str) -> str | None:
    """The snap of a unit.

    Args:
        unit: scope or service.

    Returns:
        Such as `snap:firefox`, or `snap:snap-store/ubuntu-software` where the program
        has another name; None for a unit of another kind.
    """
    found = _SNAP.fullmatch(unit)
    if found is None:
        return None
    snap, program, _ = found.groups()
    is_named = program and program != snap and not program.startswith("hook.")
    return f"snap:{snap}/{program}" if is_named else f"snap:{snap}"


def container(segment: str, before: str) -> str | None:
    """The container or virtual machine that a segment of a cgroup path begins.

    Args:
        segment: not unescaped.
        before: the segment above it.

    Returns:
        Engine and name, such as `docker:0f0f0f0f0f0f` or `vm:win11`; None for others.
    """
    if segment.startswith("kubepods"):
        return "kubernetes"  # the pods' ids say nothing to a person
    if segment == "waydroid":
        return "lxc:waydroid"
    if before in _FOLDERS and _WHOLE_ID.fullmatch(segment):
        return f"{_FOLDERS[before]}:{segment[:_SHORT_ID]}"
    for shape, engine in _ENGINES:
        if found := shape.fullmatch(segment):
            name = unescape(found[1])
            is_id = _HEX_ID.fullmatch(name)
            return f"{engine}:{name[:_SHORT_ID] if is_id else name}"
    return None
