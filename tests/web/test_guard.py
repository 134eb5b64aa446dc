"""Who may ask `esimmon web` for what, and what goes with every answer."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import sys
import time
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from monitor.cli import main
from monitor.web.app import read_assets
from monitor.web.guard import POLICY
from monitor.web.opening import way_to
from monitor.web.serving import listen
from tests.web.stage import web

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.stage import Past, Web

DATA = ("standing", "usage", "applications", "networks", "alerts")


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer x", "Basic dTpw", "Bearer \xff\xfe"]
)
def test_data_wants_the_token(server: Web, name: str, authorization: str) -> None:
    given = {"Authorization": authorization}
    status, _, body = server.get(f"/api/{name}", given)
    assert status == 401
    assert json.loads(body) == {
        "error": "open the address that `esimmon web` wrote when it began."
    }


def test_the_token_counts_in_no_other_place(server: Web) -> None:
    for given in ({"Cookie": f"token={server.token}"}, {"X-Token": server.token}):
        path = f"/api/usage?token={server.token}"
        assert server.get(path, {**given, "Authorization": ""})[0] == 401


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80"),
        *(
            "127.0.0.2",
            "192.0.2.1",
            "[::2]:80",
            "[::1",
            "127.0.0.1:x",
            "",
            "@127.0.0.1",
        ),
    ],
)
def test_a_name_that_is_not_this_machine_is_refused(server: Web, host: str) -> None:
    for path in ("/", "/main.js", "/api/standing"):
        assert server.get(path, {"Host": host})[0] in (400, 421)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9", "127.0.0.1:80", "[::1]"])
def test_its_own_names_are_answered_on_any_port_as_if_forwarded(
    server: Web, host: str
) -> None:
    assert server.get("/api/standing", {"Host": host})[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "FOO"])
def test_it_is_for_reading_only(server: Web, method: str) -> None:
    for path in ("/", "/api/standing"):
        status, headers, _ = server.get(path, method=method)
        assert status == 405
        assert headers["allow"] == "GET, HEAD"
        assert not {name for name in headers if name.startswith("access-control")}


@pytest.mark.parametrize(
    "path",
    [
        *("/../../etc/passwd", "/uplot/../../../cli.py", "/%2e%2e/%2e%2e/etc/passwd"),
        *("/..%2f..%2fetc%2fpasswd", "/assets/index.html", "//etc/passwd", "/main.js/"),
        *("/uplot/LICENSE", "/uplot/", "/api/", "/api/nothing", "/__init__.py"),
        "/main.js%00.html",
    ],
)
def test_there_is_no_way_to_other_files(server: Web, path: str) -> None:
    assert server.get(path)[0] == 404


def test_every_answer_says_what_a_browser_may_do_with_it(server: Web) -> None:
    refused = {"Authorization": ""}
    for path, given in (("/", {}), ("/api/alerts", {}), ("/api/alerts", refused)):
        _, headers, _ = server.get(path, given)
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers
        assert "set-cookie" not in headers


def test_head_has_the_headers_alone(server: Web) -> None:
    assert server.get("/", method="HEAD")[::2] == (200, b"")


@pytest.mark.parametrize(
    "query",
    [
        *("period=never", "period=today&period=week", "x=1", "from=1", "from=5&to=5"),
        *("from=-1&to=5", "from=1e3&to=2e9", "from=1&to=99999999999&period=week"),
        *("from=0&to=999999999", "plan=mars", "from=%D9%A1&to=9", "to=9999999999999"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    server: Web, query: str
) -> None:
    status, _, body = server.get(f"/api/usage?{query}")
    assert status == 400
    assert json.loads(body)["error"].endswith(".")


def test_it_listens_on_loopback_alone_and_says_when_a_port_is_taken(
    server: Web, past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    port = server.address.rpartition(":")[2]
    with socket.socket() as other:
        other.settimeout(2)
        # Another address of this machine, which a server on all of them would have.
        assert other.connect_ex(("127.0.0.2", int(port))) != 0
    assert main(["web", "--store", str(past.store), "--port", port]) == 2
    assert "Name another one with --port" in capsys.readouterr().err


def test_all_sockets_are_of_loopback_and_of_one_port() -> None:
    sockets = listen(0)
    try:
        names = [each.getsockname()[:2] for each in sockets]
    finally:
        for each in sockets:
            each.close()
    port = names[0][1]
    assert names in ([("127.0.0.1", port)], [("127.0.0.1", port), ("::1", port)])


def test_a_browser_is_started_and_not_waited_for(
    past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, closed = tmp_path / "seen", tmp_path / "closed"
    browser = tmp_path / "browser"
    told = f'echo "$@" >{seen}.new; mv {seen}.new {seen}'
    browser.write_text(
        f"#!/bin/sh\n{told}\nwhile [ ! -e {closed} ]; do sleep 0.1; done\n"
    )
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(browser))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with web(past.store, tmp_path, "--open") as running:
        assert running.get("/api/alerts")[0] == 200
        (way,) = tmp_path.glob("esimmon-web-*.html")
        assert running.token in way.read_text()
        for _ in range(200):
            if seen.exists():
                break
            time.sleep(0.05)
        closed.touch()
        # Every user of the machine can read the arguments of a program.
        assert seen.read_text() == f"{way.as_uri()}\n"
    assert not way.exists()


def test_the_port_can_be_chosen_and_ends_with_the_command(
    past: Past, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with web(past.store, tmp_path, "--port", str(port)) as running:
        assert running.address == f"http://127.0.0.1:{port}"
        assert len(running.token) >= 43  # 256 bits
    with socket.socket() as gone:
        assert gone.connect_ex(("127.0.0.1", port)) != 0


def test_the_way_to_the_browser_is_for_this_user_alone(tmp_path: Path) -> None:
    address, runtime = "http://127.0.0.1:1/#token=a&b", str(tmp_path)
    with way_to(address, {"XDG_RUNTIME_DIR": runtime}) as path:
        assert path.parent == tmp_path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "http://127.0.0.1:1/#token=a&amp;b" in path.read_text()
    assert not path.exists()
    with way_to(address, {}) as path:
        assert path.stat().st_uid == os.geteuid()


def test_without_its_libraries_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("monitor.web")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["web"]) == 1
    message = capsys.readouterr().err
    assert "needs uvicorn, which is not installed here" in message
    assert f"Install it: {sys.executable} -m pip install starlette uvicorn" in message


def test_all_that_the_page_loads_is_in_the_package() -> None:
    assets = read_assets()
    page = assets["/"].content.decode()
    assert {"/main.js", "/style.css", "/icon.svg"} < set(assets)
    for address in (part.split('"')[0] for part in page.split('="/')[1:]):
        assert f"/{address}" in assets


def test_the_chart_is_as_its_notice_says_and_so_is_its_licence() -> None:
    folder = files("monitor.web") / "assets" / "uplot"
    named = [line.split() for line in (folder / "NOTICE").read_text().splitlines()]
    hashes = {words[1]: words[0] for words in named if len(words) == 2}
    loaded = {each.name for each in folder.iterdir()} - {"NOTICE", "LICENSE"}
    assert set(hashes) == loaded
    for name, digest in hashes.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert "MIT License" in (folder / "LICENSE").read_text()
