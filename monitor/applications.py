"""From process facts to the application that a person recognises.

Pure. In this order: a container or a system service by the cgroup; else the script
that an interpreter runs; else the executable.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from monitor.usage import Application

if TYPE_CHECKING:
    from monitor.usage import Process

UNKNOWN: Final = Application("(unknown process)", "executable")
_DELETED: Final = " (deleted)"
_SHORT_ID: Final = 12  # docker ps shows as many

# cgroup segment -> engine and container; shapes as the engines write them.
_CONTAINERS: Final = (
    (re.compile(r"docker-([0-9a-f]{64})\.scope"), "docker"),
    (re.compile(r"libpod-([0-9a-f]{64})(?:\.scope)?"), "podman"),
    (re.compile(r"(?:cri-containerd|crio)-([0-9a-f]{64})\.scope"), "kubernetes"),
    (re.compile(r"lxc\.payload\.(.+)"), "lxc"),
    (re.compile(r"systemd-nspawn@(.+)\.service"), "nspawn"),
    (re.compile(r"machine-(.+)\.scope"), "machine"),
)
_HEX_ID: Final = re.compile(r"[0-9a-f]{64}")
_SERVICE: Final = re.compile(r"(.+?)(?:@.*)?\.service")
_ESCAPE: Final = re.compile(r"\\x([0-9a-f]{2})")  # systemd.unit(5), String Escaping

_PYTHON: Final = re.compile(r"python(\d(\.\d+)?)?")
_INTERPRETERS: Final = frozenset(
    {"bash", "dash", "sh", "zsh", "perl", "ruby", "node", "nodejs", "php", "java"}
)
# Options that take the next word, so that it is not mistaken for the script.
_TAKES_A_WORD: Final = {
    "python": frozenset({"-W", "-X", "--check-hash-based-pycs"}),
    "node": frozenset({"-r", "--require", "--import", "-C"}),
    "java": frozenset({"-cp", "-classpath", "--class-path", "-p", "--module-path"}),
    "perl": frozenset({"-I"}),
    "ruby": frozenset({"-I", "-r"}),
    "php": frozenset({"-c", "-d"}),
}
# Options with code instead of a script, also at the end of a cluster (`sh -ec`).
_CODE: Final = {
    "python": re.compile(r"-[a-zA-Z]*c|-"),
    "node": re.compile(r"-[ep]|-pe|--eval|--print|-"),
    "perl": re.compile(r"-[a-z]*[eE]|-"),
    "ruby": re.compile(r"-[a-z]*e|-"),
    "php": re.compile(r"-r|-"),
    "java": re.compile(r"-"),
}
_MODULE: Final = re.compile(r"-[a-zA-Z]*m")
_SHELL_CODE: Final = re.compile(r"-[a-zA-Z]*c|-s|-")


def unescape(segment: str) -> str:
    r"""Undo systemd's `\x2d` escapes of a unit name."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), segment)


def _container(segments: list[str]) -> Application | None:
    for before, segment in zip(["", *segments], segments, strict=False):
        for shape, engine in _CONTAINERS:
            if found := shape.fullmatch(segment):
                name = unescape(found[1])
                short = name[:_SHORT_ID] if _HEX_ID.fullmatch(name) else name
                return Application(f"{engine}:{short}", "container")
        if before == "docker" and _HEX_ID.fullmatch(segment):  # cgroupfs driver
            return Application(f"docker:{segment[:_SHORT_ID]}", "container")
    return None


def _service(segments: list[str]) -> Application | None:
    """The system service: the first unit below system.slice; not a user's."""
    if not segments or segments[0] != "system.slice":
        return None
    for segment in segments[1:]:
        if found := _SERVICE.fullmatch(segment):
            return Application(unescape(found[1]), "unit")
    return None


def _interpreter(exe: str) -> str:
    """The family of an interpreter's program file, empty for other programs."""
    base = PurePosixPath(exe.removesuffix(_DELETED)).name
    if _PYTHON.fullmatch(base):
        return "python"
    family = re.sub(r"[-.\d]+$", "", base)
    if family == "nodejs":
        return "node"
    return family if family in _INTERPRETERS else ""


def _script(family: str, words: tuple[str, ...]) -> Application | None:
    """The script among an interpreter's arguments (without the program itself)."""
    skip = False
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if skip:
            skip = False
        elif family == "python" and _MODULE.fullmatch(word) and following:
            return Application(f"python -m {following}", "script")
        elif family == "java" and word == "-jar" and following:
            return Application(PurePosixPath(following).name, "script", following)
        elif word in _TAKES_A_WORD.get(family, ()):
            skip = True
        elif not word or _CODE.get(family, _SHELL_CODE).fullmatch(word):
            return None
        elif not word.startswith("-"):
            return Application(PurePosixPath(word).name or word, "script", word)
    return None


def recognise(process: Process) -> Application:
    """Name the application that a process belongs to.

    Args:
        process: what the kernel knew of it; all strings are hostile.

    Returns:
        The application; `UNKNOWN` when nothing at all is known of the process.
    """
    segments = [segment for segment in process.cgroup.split("/") if segment]
    if found := _container(segments) or _service(segments):
        return found
    exe = process.exe
    if family := _interpreter(exe):
        script = _script(family, process.argv[1:])
        if script is not None:
            return script
    if exe:
        name = PurePosixPath(exe.removesuffix(_DELETED)).name
        return Application(name or exe, "executable", exe)
    if process.comm:
        return Application(process.comm, "executable")
    return UNKNOWN
