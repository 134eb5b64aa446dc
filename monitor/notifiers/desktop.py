"""Desktop notifications by plyer; the one importer of plyer.

What plyer 2.1 does on Linux, and what is done about it here:

- with a directory /app it believes to be in a Flatpak, and fails in silence: refused
  unless the Flatpak is real; the backend that it would choose otherwise is used;
- without dbus-python it runs notify-send, whose exit status it ignores, and warns:
  the bus is asked instead (`bus`), and the warning is kept away;
- notify-send takes a title or a body that begins with `-` for an option, and a
  backslash in a body for an escape: both are written so that they come out as meant;
- markup in a body is not escaped: it is, where the notification daemon reads markup;
- a hung notification daemon blocks it for half a minute: see `courier`;
- it has no buttons: a question is asked by the bus itself (`asking`), where the
  notification daemon shows any.
"""

from __future__ import annotations

import html
import importlib
import importlib.util
import os
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import NotShownError
from monitor.escapes import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.notifiers.bus import Server
    from monitor.notifiers.question import Question

WAY: Final = "desktop"

_APP: Final = Path("/app")
_FLATPAK_INFO: Final = Path("/.flatpak-info")
_PLYER_LINUX: Final = "plyer.platforms.linux.notification"
_LONGEST_TITLE: Final = 120
_LONGEST_BODY: Final = 1000
_ZERO_WIDTH_SPACE: Final = "\N{ZERO WIDTH SPACE}"
_REPLY_S: Final = 1.0
_ICON: Final = "network-cellular-symbolic"  # of the freedesktop icon themes
_NO_PLYER: Final = (
    "plyer finds no way to show it: install notify-send (Debian package libnotify-bin)"
)


def session_bus(environ: Mapping[str, str]) -> str | None:
    """The address of the user's session bus.

    Args:
        environ: the environment (`DBUS_SESSION_BUS_ADDRESS`, `XDG_RUNTIME_DIR`).

    Returns:
        None where there is none, as for a system service.
    """
    given = environ.get("DBUS_SESSION_BUS_ADDRESS")
    if given:
        return given
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    bus = Path(runtime) / "bus"
    return f"unix:path={bus}" if runtime.startswith("/") and bus.is_socket() else None


def bus_owner(address: str) -> int | None:
    """Whose bus it is.

    Args:
        address: as in DBUS_SESSION_BUS_ADDRESS.

    Returns:
        The user id of who made its socket; None where there is no file to tell.
    """
    transport, _, options = address.partition(":")
    path = dict(each.split("=", 1) for each in options.split(",") if "=" in each)
    if transport != "unix" or "path" not in path:
        return None
    try:
        return Path(path["path"]).stat().st_uid
    except OSError:
        return None


def has_desktop(environ: Mapping[str, str]) -> bool:
    """Whether this process was started where a desktop of its own user may be.

    Args:
        environ: the environment.

    Returns:
        False for a system service, a plain shell, and a root whose environment is
        what sudo left of somebody else's session.
    """
    address = session_bus(environ)
    if os.geteuid() == 0 and environ.get("SUDO_UID", "0") != "0":
        return address is not None and bus_owner(address) == 0
    names = ("DISPLAY", "WAYLAND_DISPLAY")
    return address is not None or any(environ.get(name) for name in names)


def preload() -> None:
    """Load everything that `show` would load."""
    for name in (_PLYER_LINUX, "monitor.notifiers.bus", "monitor.notifiers.asking"):
        importlib.import_module(name)


class Desktop:
    """Shows notifications on the desktop that this process's environment names."""

    def __init__(self, app: Path = _APP, flatpak_info: Path = _FLATPAK_INFO) -> None:
        """Prepare; nothing is loaded or asked before there is something to show.

        Args:
            app: the directory that plyer takes for a Flatpak's.
            flatpak_info: the file that only a Flatpak has.
        """
        self._false_flatpak = app, flatpak_info

    def show(self, title: str, body: str, question: Question | None = None) -> str:
        """Show a notification, and say by what it was shown.

        Args:
            title: one line, hostile.
            body: lines, hostile.
            question: what a person may click on, where there are buttons.

        Returns:
            plyer's backend and the notification daemon, such as
            "plyer (notify-send), dunst 1.9.0".

        Raises:
            NotShownError: nobody saw it; says why.
        """
        address = session_bus(os.environ)
        if address is None:
            raise NotShownError(
                "there is no session bus: neither DBUS_SESSION_BUS_ADDRESS nor "
                "$XDG_RUNTIME_DIR/bus"
            )
        # Only now: most runs of a daemon have nothing to show.
        from monitor.notifiers import bus as session  # noqa: PLC0415

        with session.connected(address) as connection:
            server = session.find_server(connection)
        if question is not None and server.has_actions:
            return _ask(address, server, (title, body), question)
        backend = self._backend()
        title = _title(title)
        body = _body(body, has_markup=server.has_markup)
        with session.witness(address) as witness:
            _notify(backend, title, body)
            if witness is not None:
                try:
                    witness.number_of(title, _REPLY_S)
                except TimeoutError as error:
                    silent = f"{_name(backend)} said nothing, but nothing arrived"
                    raise NotShownError(f"{silent} at {server.name}") from error
                except (OSError, session.CallError) as error:
                    raise NotShownError(f"{server.name}: {error}") from error
        return f"plyer ({_name(backend)}), {visible(server.name)}"

    def _backend(self) -> Any:  # noqa: ANN401 - plyer has no types
        """What plyer chooses, or would choose if it were not misled.

        Raises:
            NotShownError: plyer has nothing to show notifications with.
        """
        # By module and not for a moment: other threads share the filters.
        warnings.filterwarnings("ignore", category=UserWarning, module=r"plyer\.")
        app, flatpak_info = self._false_flatpak
        if not app.is_dir() or flatpak_info.exists():
            return importlib.import_module("plyer").notification
        linux = importlib.import_module(_PLYER_LINUX)
        if importlib.util.find_spec("dbus") is not None:
            return linux.NotifyDbus()
        if shutil.which("notify-send") is None:
            raise NotShownError(_NO_PLYER)
        return linux.NotifySendNotification()


def _ask(
    address: str, server: Server, words: tuple[str, str], question: Question
) -> str:
    """Show a notification with buttons.

    Raises:
        NotShownError: nobody saw it; says why.
    """
    from monitor.notifiers import asking  # noqa: PLC0415 - as in `show`

    title, body = words
    shown = _body(body, has_markup=server.has_markup)
    asking.ask(address, asking.Look(_title(title), shown, _ICON), question)
    return visible(server.name)


def _notify(backend: Any, title: str, body: str) -> None:  # noqa: ANN401 - as above
    """Call plyer; whatever it raises means that nobody saw anything.

    Raises:
        NotShownError: what it said.
    """
    if "Send" in backend.__class__.__name__:
        body = body.replace("\\", "\\\\")  # notify-send undoes escapes in a body
    try:
        backend.notify(title=title, message=body, app_name="esimmon", app_icon=_ICON)
    except NotImplementedError as error:
        raise NotShownError(_NO_PLYER) from error
    except Exception as error:  # dbus-python's own classes are not importable here
        raise NotShownError(f"{_name(backend)}: {visible(str(error))}") from error


def _name(backend: Any) -> str:  # noqa: ANN401 - as above
    names = {"NotifySendNotification": "notify-send", "NotifyDbus": "dbus-python"}
    name: str = backend.__class__.__name__
    return names.get(name, name)


def _title(text: str) -> str:
    return _not_an_option(_cut(visible(text), _LONGEST_TITLE))


def _body(text: str, *, has_markup: bool) -> str:
    shown = "\n".join(visible(line) for line in _cut(text, _LONGEST_BODY).split("\n"))
    return _not_an_option(html.escape(shown, quote=False) if has_markup else shown)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}..."


def _not_an_option(text: str) -> str:
    return f"{_ZERO_WIDTH_SPACE}{text}" if text.startswith("-") else text
