"""Where scenarios play: programs of the lab's near side under names of their own."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.load import next_line

if TYPE_CHECKING:
    from tests.benchmarks.container import Container
    from tests.lab import Lab

TESTS = Path(__file__).parents[1]


class Stage:
    """A lab, and programs in it whose name and file say which scenario they are.

    Attributes:
        lab: the network.
    """

    def __init__(self, lab: Lab, folder: Path, scale: float = 1) -> None:
        """Prepare an interpreter that can be given names.

        Args:
            lab: the network.
            folder: for the named programs.
            scale: how much of the full amount of bytes is moved.
        """
        self.lab = lab
        self._folder = folder
        self._scale = scale
        self._ports = itertools.count(7100)
        self._interpreter = folder / "interpreter"
        shutil.copy2(Path(sys.executable).resolve(), self._interpreter)

    def port(self) -> int:
        """A port that no other scenario has."""
        return next(self._ports)

    def some(self, full: int) -> int:
        """A number of bytes or packets, scaled; at least one.

        Args:
            full: as the benchmark has it.
        """
        return max(1, round(full * self._scale))

    def _command(self, name: str, source: str, *words: str | int) -> list[str]:
        path, program = TESTS / source, self._folder / name
        if path.suffix == ".c":
            build = ("clang", "-O2", "-Wall", "-Wextra", "-Werror", "-o")
            subprocess.run([*build, program, path], check=True)
            return [str(program), *map(str, words)]
        if not program.exists():
            os.link(self._interpreter, program)
        # Elsewhere than in its own folders, the interpreter must be told of them.
        home = sys.base_prefix
        environ = (f"PYTHONHOME={home}", f"LD_LIBRARY_PATH={home}/lib")
        return ["env", *environ, str(program), "-S", str(path), *map(str, words)]

    def near(self, name: str, source: str, *words: str | int) -> subprocess.Popen[str]:
        """Start a program of the tests in near.

        Args:
            name: its own, for the kernel and as a file.
            source: a file of the tests; one in C is built.
            words: its command and arguments.
        """
        return self.lab.near.popen(self._command(name, source, *words))

    def inside(
        self, container: Container, name: str, source: str, *words: str | int
    ) -> subprocess.Popen[str]:
        """Start it in a container instead.

        Args:
            container: which.
            name: as for `near`, also the next two.
            source: a file of the tests.
            words: its command and arguments.
        """
        return container.popen(self._command(name, source, *words))

    def far(self, source: str, *words: str | int) -> subprocess.Popen[str]:
        """Start a server in far, and wait until it is ready.

        Args:
            source: a file of the tests, in Python.
            words: its command and arguments.
        """
        server = self.lab.far.script(TESTS / source, *words)
        next_line(server)
        return server
