"""The real logind, without systemd: one session, found in /run as after a restart."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

import pytest
from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection

from monitor.collectors.logind import Logind
from tests.desktop.stack import session_bus, started, wait_for
from tests.login1 import NAME, PATH

if TYPE_CHECKING:
    from pathlib import Path

LOGIND: Final = "/lib/systemd/systemd-logind"

# In a mount namespace of its own, so that the machine's sessions are not touched. A
# session lives as long as somebody holds its FIFO: here logind itself does.
SCRIPT: Final = f"""
mount -t tmpfs none /run && cd /run && mkdir -p systemd/sessions systemd/users
mkfifo systemd/sessions/c1.ref && exec 3<>systemd/sessions/c1.ref
printf 'NAME=root\\nSTATE=active\\nSESSIONS=c1\\n' > systemd/users/0
cat > systemd/sessions/c1 <<END
UID=0
USER=root
ACTIVE=1
STATE=active
REMOTE=0
TYPE=wayland
CLASS=user
SCOPE=session-c1.scope
FIFO=/run/systemd/sessions/c1.ref
LEADER=$$
END
exec {LOGIND}
"""


@pytest.mark.needs("root", "unshare", "dbus-daemon", LOGIND)
def test_what_a_desktop_tells_logind_is_heard_at_once(tmp_path: Path) -> None:
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", SCRIPT]
    with session_bus(tmp_path) as bus:
        address = bus.environ["DBUS_SESSION_BUS_ADDRESS"]
        environ = os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": address}
        with (
            Logind(address, 0.05) as logind,
            open_dbus_connection(address) as desktop,
            started(command, env=environ, stderr=subprocess.DEVNULL) as service,
        ):
            session = DBusAddress(f"{PATH}/session/c1", NAME, f"{NAME}.Session")

            def until(*, away: bool | None) -> None:
                wait_for(lambda: logind.take().is_away(0) is away, f"away: {away}")

            until(away=False)
            for hint in ("SetLockedHint", "SetIdleHint"):
                for on in (True, False):
                    call = new_method_call(session, hint, "b", (on,))
                    reply = desktop.send_and_get_reply(call, timeout=10)
                    assert reply.header.message_type is MessageType.method_return
                    until(away=on)
            service.kill()
            until(away=None)
