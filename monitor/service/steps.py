"""What is done to the machine, step by step: each can be shown before it is done."""

from __future__ import annotations

import os
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from monitor.errors import ServiceError
from monitor.service.running import DEADLINE_S, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_MODE: Final = 0o644
_OLD: Final = ".old"


class Step(Protocol):
    """One thing to do."""

    @property
    def name(self) -> str:
        """What it does, as one line."""

    def shown(self) -> Iterator[str]:
        """The same with all that there is to know, line by line."""

    def do(self) -> None:
        """Do it.

        Raises:
            ServiceError: it failed.
        """


@dataclass(frozen=True, slots=True)
class Write:
    """A file is made, or replaced, as a whole.

    Attributes:
        path: of the file; folders are made.
        text: all of it.
        is_kept: what is there goes to a file beside it, its name with `.old`.
    """

    path: Path
    text: str
    is_kept: bool = False

    @property
    def name(self) -> str:
        """What it does."""
        kept = f" (the one before becomes {self.path.name}{_OLD})"
        return f"write {self.path}{kept if self.is_kept else ''}"

    def shown(self) -> Iterator[str]:
        """With the text."""
        yield f"{self.name}:"
        yield from (f"    {line}".rstrip() for line in self.text.splitlines())

    def do(self) -> None:
        """Write it under another name, and move it into its place.

        Raises:
            ServiceError: it cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.is_kept and os.path.lexists(self.path):
                self.path.rename(self.path.with_name(f"{self.path.name}{_OLD}"))
            self._write()
        except OSError as error:
            raise ServiceError(
                f"{self.path}: cannot be written: {error.strerror}."
            ) from error

    def _write(self) -> None:
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=".esimmon-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(self.text)
                file.flush()
                os.fchmod(descriptor, _MODE)
                os.fsync(descriptor)
            Path(name).rename(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


@dataclass(frozen=True, slots=True)
class Remove:
    """A file goes."""

    path: Path

    @property
    def name(self) -> str:
        """What it does."""
        return f"remove {self.path}"

    def shown(self) -> Iterator[str]:
        """As one line."""
        yield self.name

    def do(self) -> None:
        """Remove it.

        Raises:
            ServiceError: it cannot be removed.
        """
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise ServiceError(
                f"{self.path}: cannot be removed: {error.strerror}."
            ) from error


@dataclass(frozen=True, slots=True)
class Run:
    """A command of the system is run.

    Attributes:
        words: program and arguments.
        deadline_s: seconds until it is given up.
        is_vital: whether the rest makes no sense without it.
        asks: a command whose output says why it failed.
    """

    words: tuple[str, ...]
    deadline_s: float = DEADLINE_S
    is_vital: bool = True
    asks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it does."""
        return f"run {shlex.join(self.words)}"

    def shown(self) -> Iterator[str]:
        """As one line."""
        yield self.name

    def do(self) -> None:
        """Run it.

        Raises:
            ServiceError: it failed; with what it said.
        """
        done = run(self.words, self.deadline_s)
        if done.status == 0:
            return
        said = " ".join(done.complaint.split()) or f"exit status {done.status}"
        more = run(self.asks).output.strip() if self.asks else ""
        raise ServiceError(f"`{shlex.join(self.words)}` failed: {said}", more)


def perform(steps: Iterable[Step], say: Callable[[str], None]) -> None:
    """Do them in order.

    Args:
        steps: each may be done twice without harm.
        say: hears of each when it is done, and of one that failed and may.

    Raises:
        ServiceError: a vital one failed; says what was done before.
    """
    done: list[str] = []
    for step in steps:
        try:
            step.do()
        except ServiceError as error:
            if isinstance(step, Run) and not step.is_vital:
                say(f"not done, and not needed: {error}")
                continue
            for line in error.more.splitlines():
                say(f"    {line}")
            before = ", ".join(done) or "nothing"
            raise ServiceError(
                f"{error} Done before that: {before}. Mend it and type the same again: "
                "it goes on from there."
            ) from error
        done.append(step.name)
        say(f"done: {step.name}")
