"""Building usage.bpf.o from its source: `python -m monitor.collectors.bpf.build`.

Needs: clang 14 or later, llvm-strip, and the headers of libbpf (Debian: clang, llvm,
    libbpf-dev). Users need none of them, for the object is shipped.
The object holds no path of this machine, so the same compiler makes the same bytes.
"""

from __future__ import annotations

import subprocess  # noqa: TID251 - a tool for developers; no part of the daemon
from typing import TYPE_CHECKING

from monitor.collectors.bpf.loading import OBJECT

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = OBJECT.parent
SOURCE = "usage.bpf.c"
VERSION = FOLDER / "usage.bpf.o.compiler"
"""First line of `clang --version` that built the object beside it."""

_COMPILE = (
    *("clang", "-O2", "-g", "-target", "bpf", "-mcpu=v3"),
    *("-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"),
    *("-fdebug-compilation-dir=.", "-c", SOURCE, "-o"),
)
# Only DWARF goes: BTF, which libbpf needs, stays.
_STRIP = ("llvm-strip", "--strip-debug")


def compiler() -> str:
    """The compiler on this machine.

    Returns:
        The first line of `clang --version`.
    """
    run = subprocess.run(
        ("clang", "--version"),  # noqa: S607 - the developer's own clang
        check=True,
        capture_output=True,
        text=True,
    )
    return run.stdout.splitlines()[0]


def build(target: Path) -> None:
    """Compile the program.

    Args:
        target: the object file to write.
    """
    for command in ((*_COMPILE, str(target)), (*_STRIP, str(target))):
        subprocess.run(command, check=True, cwd=FOLDER)  # noqa: S603 - constants and a path of the caller


if __name__ == "__main__":
    build(OBJECT)
    VERSION.write_text(compiler() + "\n", encoding="utf-8")
