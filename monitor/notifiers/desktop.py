"""Desktop notifications: by the bus itself (`freedesktop`), or else by plyer.

plyer has neither buttons nor urgency, and no notification takes another's place. It is
the way where the notification daemon refuses what the bus is asked for; this is its one
importer. What plyer 2.1 does on Linux, and what is done about it here:

- with a directory /app it believes to be in a Flatpak, and fails in silence: refused
  unless the Flatpak is real; the backend that it would choose otherwise is used;
- without dbus-python it runs notify-send, whose exit status it ignores, and warns:
  the bus is asked instead (`bus`), and the warning is kept away;
- notify-send takes a title or a body that begins with `-` for an option, and a
  backslash in a body for an escape: both are written so that they come out as meant;
- markup in a body is not escaped: it is, where the notification daemon reads markup;
- a hung notification daemon blocks it for half a minute: see `courier`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import NotShownError
from monitor.escapes import visible
from monitor.notifiers.wording import body_of, title_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.notifiers.bus import Server
    from monitor.notifiers.freedesktop import Freedesktop
    from monitor.notifiers.notice import Notice

WAY: Final = "desktop"

_APP: Final = Path("/app")
_FLATPAK_INFO: Final = Path("/.flatpak-info")
_PLYER_LINUX: Final = "plyer.platforms.linux.notification"
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
    for name in (_PLYER_LINUX, "monitor.notifiers.freedesktop"):
        importlib.import_module(name)


class Desktop:
    """Shows notifications on the desktop that this process's environment names."""

    def __init__(self, app: Path = _APP, flatpak_info: Path = _FLATPAK_INFO) -> None:
        """Prepare; nothing is loaded or asked before there is something to show.

        Args:
            app: the directory that plyer takes for a Flatpak's.
            flatpak_info: the file that only a Flatpak has.
        """
        self._plyer = Plyer(app, flatpak_info)
        self._freedesktop: Freedesktop | None = None

    def show(self, notice: Notice) -> str:
        """Show a notification, and say by what it was shown.

        Args:
            notice: what is shown.

        Returns:
            The notification daemon, and plyer's backend where it was plyer, such as
            "dunst 1.9.0" or "plyer (notify-send), dunst 1.9.0".

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
        from monitor.notifiers import freedesktop  # noqa: PLC0415

        if self._freedesktop is None:
            self._freedesktop = freedesktop.Freedesktop()
        try:
            return self._freedesktop.show(address, notice)
        except freedesktop.RefusedError as refused:
            try:
                return self._plyer.show(address, refused.server, notice)
            except NotShownError as error:
                raise NotShownError(f"{refused}; {error}") from error


class Plyer:
    """Shows the words of a notification by plyer, and sees whether they arrived."""

    def __init__(self, app: Path = _APP, flatpak_info: Path = _FLATPAK_INFO) -> None:
        """Prepare; as `Desktop`."""
        self._false_flatpak = app, flatpak_info

    def show(self, address: str, server: Server, notice: Notice) -> str:
        """Show title and body, and say by what.

        Args:
            address: of the session bus.
            server: the notification daemon there.
            notice: the texts.

        Returns:
            plyer's backend and the notification daemon.

        Raises:
            NotShownError: nobody saw it; says why.
        """
        from monitor.notifiers import bus as session  # noqa: PLC0415 - as above

        backend = self._backend()
        title = _not_an_option(title_of(notice.title))
        body = _not_an_option(body_of(notice.body, has_markup=server.has_markup))
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


def _not_an_option(text: str) -> str:
    return f"{_ZERO_WIDTH_SPACE}{text}" if text.startswith("-") else text
