"""Alerts to a phone, by mail or to a chat: whatever Apprise has an address for.

Imported only by `esimmon relay`, which has no privileges: this talks to the Internet.
Addresses hold passwords, so none of them is ever shown: only their kind is.
"""

from __future__ import annotations

import logging
import os
import stat
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import ConfigError, NotShownError
from monitor.notifiers import rules
from monitor.notifiers.manners import Urgency, urgency_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitor.notifiers.notice import Notice

WAY: Final = rules.PUSH
CREDENTIAL: Final = "push"
"""Name of the file among a service's credentials: systemd.exec(5), LoadCredential."""
# apprise.NotifyType, which each service shows in its own way: a colour, a picture, a
# field of a web hook.
_TYPES: Final = {
    Urgency.LOW: "info",
    Urgency.NORMAL: "warning",
    Urgency.CRITICAL: "failure",
}
_MOST_BYTES: Final = 65_536
_MOST_ADDRESSES: Final = 50
_MOST_KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class Address:
    """Where alerts go.

    Attributes:
        url: of Apprise; a secret.
        kind: what may be shown of it: its scheme.
        line: in the file, from 1.
    """

    url: str
    kind: str
    line: int


def find_addresses(given: str, environ: Mapping[str, str]) -> Path | None:
    """The file with the addresses.

    Args:
        given: by the configuration; empty for none.
        environ: `CREDENTIALS_DIRECTORY`, by which a service manager hands it over.

    Returns:
        None where there is none.
    """
    folder = environ.get("CREDENTIALS_DIRECTORY", "")
    credential = Path(folder) / CREDENTIAL
    if folder.startswith("/") and credential.exists():
        return credential
    return Path(given).expanduser() if given else None


def read_addresses(path: Path) -> tuple[Address, ...]:
    """Read a file of addresses: one a line, `#` begins a comment.

    Args:
        path: readable by its owner alone.

    Returns:
        At least one.

    Raises:
        ConfigError: it cannot be used; says why, and shows no address.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigError(
            f"{path}: others may read it, and addresses hold passwords: "
            f"chmod 600 {path}"
        )
    if len(raw) > _MOST_BYTES:
        raise ConfigError(f"{path}: larger than {_MOST_BYTES} bytes.")
    lines = raw.decode("utf-8", "replace").splitlines()
    found = [
        _address(path, number, text.strip())
        for number, text in enumerate(lines, 1)
        if text.strip() and not text.lstrip().startswith("#")
    ]
    if not found:
        raise ConfigError(f'{path}: no address, such as "ntfys://topic".')
    if len(found) > _MOST_ADDRESSES:
        raise ConfigError(f"{path}: more than {_MOST_ADDRESSES} addresses.")
    return tuple(found)


def _address(path: Path, line: int, url: str) -> Address:
    scheme, separator, rest = url.partition("://")
    if not separator or not rest or not scheme.isascii() or not scheme.isalnum():
        raise ConfigError(
            f'{path}:{line}: must be an address of Apprise, such as "ntfys://topic".'
        )
    return Address(url, scheme.lower(), line)


class Push:
    """A way to tell: each address is tried until it took the message, and once only."""

    def __init__(self, addresses: tuple[Address, ...], path: Path) -> None:
        """Load Apprise, and check the addresses.

        Args:
            addresses: where alerts go.
            path: of their file, for messages.

        Raises:
            ConfigError: Apprise is not installed, or knows no such address.
        """
        self._senders = _senders(addresses, path)
        self._taken: dict[tuple[str, str], set[Address]] = {}

    def show(self, notice: Notice) -> str:
        """Send it to all who do not have it yet.

        Args:
            notice: its words; nobody can click elsewhere.

        Returns:
            By what: the kinds of the addresses.

        Raises:
            NotShownError: somebody did not take it; says who.
        """
        title, body = notice.title, notice.body
        told = {"notify_type": _TYPES[urgency_of(notice)], "body_format": "text"}
        taken = self._taken.setdefault((title, body), set())
        failed = []
        for address, send in self._senders.items():
            if address not in taken:
                if send(title=title, body=body, **told):
                    taken.add(address)
                else:
                    failed.append(f"{address.kind} (line {address.line})")
        if failed:
            raise NotShownError(f"not taken by {', '.join(failed)}")
        del self._taken[title, body]
        self._taken = dict(list(self._taken.items())[-_MOST_KEPT:])
        return ", ".join(sorted({address.kind for address in self._senders}))


def _senders(
    addresses: tuple[Address, ...], path: Path
) -> dict[Address, Callable[..., Any]]:
    try:
        from apprise import Apprise  # noqa: PLC0415 - 0.2 s, and an extra
    except ImportError as error:
        raise ConfigError(
            "sending alerts needs Apprise, which is not installed: "
            f"{sys.executable} -m pip install apprise"
        ) from error
    # It would write addresses with their passwords into the log.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    found = {}
    for address in addresses:
        with warnings.catch_warnings(action="ignore"):  # of what its parts import
            made = Apprise.instantiate(address.url)
        if made is None:
            raise ConfigError(
                f"{path}:{address.line}: Apprise knows no such address "
                f"({address.kind}://…)."
            )
        found[address] = made.notify
    return found
