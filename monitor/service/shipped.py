"""The files of the service that esimmon brings along, for one place of the program."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from monitor.errors import ServiceError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_PLACE: Final = "/opt/esimmon/bin/esimmon"
"""Where the files expect the program."""
_CHECKOUT: Final = Path(__file__).parents[2] / "systemd"
# In double quotes a path means itself to systemd (systemd.syntax(7)) and to desktops
# (Desktop Entry Specification), but for these; quotes
# systemd takes in no way.
_UNQUOTABLE: Final = frozenset("\"'$\\`")
_PLAIN: Final = frozenset("/._-+@:")


def shipped_text(name: str) -> str:
    """A file as it is shipped.

    Args:
        name: of the file.

    Raises:
        ServiceError: this copy of esimmon lacks it.
    """
    try:
        return _folder().joinpath(name).read_text(encoding="utf-8")
    except OSError as error:
        raise ServiceError(
            f"{name} is not part of this copy of esimmon: install it again."
        ) from error


def text_for(name: str, program: Path) -> str:
    """A file that starts a program.

    Args:
        name: of the file.
        program: absolute path of esimmon.

    Raises:
        ServiceError: this copy of esimmon lacks it, or the path cannot be written.
    """
    return shipped_text(name).replace(_PLACE, quoted(program))


def quoted(program: Path) -> str:
    """A path as a command of unit files and desktop entries.

    Args:
        program: absolute.

    Raises:
        ServiceError: it has characters that neither could take.
    """
    text = str(program)
    if not text.isprintable() or _UNQUOTABLE & set(text):
        raise ServiceError(
            f"{text}: a unit file cannot name such a path. Install esimmon into a "
            "folder with a plainer name, such as /opt/esimmon."
        )
    escaped = text.replace("%", "%%")
    is_plain = all(each.isalnum() or each in _PLAIN for each in text)
    return escaped if is_plain else f'"{escaped}"'


def _folder() -> Traversable:
    """In the wheel they lie beside this module, in a checkout at its top."""
    packed = resources.files("monitor.service").joinpath("systemd")
    return packed if packed.is_dir() else _CHECKOUT
