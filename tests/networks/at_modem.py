"""A modem that ModemManager talks to: AT commands on a socket, a SIM that is made up.

ModemManager's `Test.SetProfile` takes such a socket for the port of a modem. What is
answered is what 3GPP TS 27.007 says of each command, as far as ModemManager asks; the
rest is an error, as a simple modem would say. A port that carries data (ATD) is not
asked any more, so a modem that is to roam while it is connected needs two.
"""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from pathlib import Path

HOME: Final = 1
"""Of AT+CREG: registered, in the home network."""
SEARCHING: Final = 2
ROAMING: Final = 5

_LTE: Final = 7
_OK: Final = "OK"
_ERROR: Final = "ERROR"
_NO_SIM: Final = "+CME ERROR: 10"  # TS 27.007: SIM not inserted
_NOT_FOUND: Final = '+CRSM: 106,130,""'  # TS 51.011: file not found
_EF_ICCID: Final = "12258"
_EF_SPN: Final = "28486"
_EF_AD: Final = "28589"
_SPN_BYTES: Final = 16

# What does not depend on the SIM or the network.
_FIXED: Final = {
    "I": "+GCAP: +CGSM,+ES",
    "+GCAP": "+GCAP: +CGSM,+ES",
    "+WS46=?": "+WS46: (12,22,28,25)",
    "+CGMI": "Virtual Modems Ltd",
    "+CGMM": "VM-1 LTE",
    "+CGMR": "1.0",
    "+CFUN?": "+CFUN: 1",
    "+CLCK=?": '+CLCK: ("SC","FD","PS")',
    "+CSCS=?": '+CSCS: ("IRA","UCS2","GSM")',
    "+CSCS?": '+CSCS: "IRA"',
    "+CMGF=?": "+CMGF: (0,1)",
    "+CSQ": "+CSQ: 21,99",
    "+CGDCONT=?": "\r\n".join(
        f'+CGDCONT: (1-11),"{kind}",,,(0-2),(0-3)' for kind in ("IP", "IPV6", "IPV4V6")
    ),
    "+CGDCONT?": '+CGDCONT: 1,"IP","internet","0.0.0.0",0,0',
    "+CGACT?": "+CGACT: 1,0",
}
# What is set, and forgotten.
_TAKEN: Final = re.compile(
    r"|[EV]\d|[XZH]\d?|&[CD]\d|S7=.*|\+(CFUN|CSCS|CGDCONT|CGACT|IFC|CMEE|CMGF)=[^?]*"
    r"|\+C[GE]?REG=\d|\+COPS=0.*"
)


class Sim(NamedTuple):
    """A SIM profile.

    Attributes:
        iccid: its number.
        imsi: the subscriber; it begins with the operator's PLMN.
        operator: name of that, at most 16 characters.
    """

    iccid: str
    imsi: str
    operator: str


TRAVEL: Final = Sim("89852340000123456789", "454001234567890", "Airalo-HK")
PAKISTAN: Final = Sim("89920300001112223334", "410011234567890", "Jazz")


class AtModem:
    """The modem; use it with `with`.

    Attributes:
        sim: what is in it; it may be changed or taken out at any time.
        operator: PLMN and name of the network in which it is.
        registration: as AT+CREG has it.
        ports: names of its sockets, for `Test.SetProfile`.
    """

    def __init__(self, folder: Path, *ports: str, sim: Sim | None = TRAVEL) -> None:
        """Listen.

        Args:
            folder: where its sockets are made, and ModemManager runs.
            ports: their names; that of the last is the network device it is for.
            sim: what is in it.
        """
        self.sim = sim
        self.operator = ("45400", "csl")
        self.registration = HOME
        self.ports = ports
        self._imei = f"49015420{len(list(folder.iterdir())):06}0"
        self._asked_format = 0
        self._links: list[socket.socket] = []
        self._listening = [socket.socket(socket.AF_UNIX) for _ in ports]
        for port, listening in zip(ports, self._listening, strict=True):
            listening.bind(str(folder / port))
            listening.listen()
            self._begin(self._accept, listening)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for each in (*self._listening, *self._links):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def register(self, registration: int, plmn: str, operator: str) -> None:
        """Find another network, and say so unasked, as a modem at a border does."""
        self.operator = (plmn, operator)
        self.registration = registration
        place = f'{registration},"31C5","0083F7CD",{_LTE}'
        for kind in ("", "G", "E"):
            for link in self._links:
                with suppress(OSError):
                    link.sendall(f"\r\n+C{kind}REG: {place}\r\n".encode())

    @staticmethod
    def _begin(work: object, *arguments: object) -> None:
        threading.Thread(target=work, args=arguments, daemon=True).start()  # type: ignore[arg-type]

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):  # closed
            while True:
                link, _ = listening.accept()
                self._links.append(link)
                self._begin(self._serve, link)

    def _serve(self, link: socket.socket) -> None:
        with suppress(OSError), link.makefile("r", newline="\r") as lines:
            for line in lines:
                command = line.strip()
                if command.startswith("AT"):
                    link.sendall(f"\r\n{self._answer(command[2:])}\r\n".encode())

    def _answer(self, command: str) -> str:
        if command.startswith("D*99"):
            return "CONNECT 150000000"
        if _TAKEN.fullmatch(command):
            return _OK
        found = (
            _FIXED.get(command) or self._of_network(command) or self._of_sim(command)
        )
        if not found:
            return _ERROR
        return found if found == _NO_SIM else f"{found}\r\n\r\n{_OK}"

    def _of_network(self, command: str) -> str:
        """What a command asks of the modem in its network."""
        if command == "+CGSN":
            return self._imei
        if asked := re.fullmatch(r"\+C([GE]?)REG\?", command):
            place = f'2,{self.registration},"31C5","0083F7CD",{_LTE}'
            return f"+C{asked[1]}REG: {place}"
        if asked := re.fullmatch(r"\+COPS=3,(\d)(;\+COPS\?)?", command):
            self._asked_format = int(asked[1])
            return self._cops() if asked[2] else _OK
        return self._cops() if command == "+COPS?" else ""

    def _cops(self) -> str:
        is_number = self._asked_format == 2  # TS 27.007
        named = self.operator[0 if is_number else 1]
        return f'+COPS: 0,{self._asked_format},"{named}",{_LTE}'

    def _of_sim(self, command: str) -> str:
        """What a command asks of the SIM."""
        sim = self.sim
        if not command.startswith(("+CPIN", "+CIMI", "+CRSM=", "+CLCK=")):
            return ""
        if sim is None:
            return _NO_SIM
        if command.startswith("+CRSM="):
            return _read_file(sim, command.split(",")[1])
        fixed = {"+CPIN?": "+CPIN: READY", "+CIMI": sim.imsi}
        return fixed.get(command, "+CLCK: 0" if command.startswith("+CLCK=") else "")


def _read_file(sim: Sim, file_id: str) -> str:
    """AT+CRSM: a file of the SIM, in hexadecimal digits."""
    name = sim.operator.encode().ljust(_SPN_BYTES, b"\xff").hex()
    files = {
        _EF_ICCID: _swapped(sim.iccid),
        _EF_SPN: f"01{name}",
        _EF_AD: "00000002",  # two digits of the PLMN are the network's
    }
    return f'+CRSM: 144,0,"{files[file_id]}"' if file_id in files else _NOT_FOUND


def _swapped(digits: str) -> str:
    """TS 51.011: the lower half of each byte is the first of its two digits."""
    pairs = zip(digits[::2], digits[1::2], strict=True)
    return "".join(second + first for first, second in pairs)
