"""`esimmon relay` gives figures to Prometheus, where it is told to."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

from monitor.cli import main
from monitor.client import statusfile
from monitor.commands import relay as relaying
from monitor.config import load_config
from monitor.errors import ConfigError
from tests.unit.standings import document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[int]:
    """A port where a relay answers for a daemon that is not there."""
    port = free_port()
    config = tmp_path / "config.toml"
    config.write_text(
        f'[store]\npath = "{tmp_path}/usage.db"\n'
        f'[metrics]\nlisten = "127.0.0.1:{port}"\n'
    )
    words = [sys.executable, "-m", "monitor", "relay", "--config", str(config)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line == f"figures for Prometheus: http://127.0.0.1:{port}/metrics\n"
        yield port
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130


def page(port: int) -> str:
    """What is given."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return str(answer.read().decode())


def test_it_answers_until_ctrl_c(relay: int) -> None:
    assert page(relay) == (
        "# HELP esimmon_up Whether the daemon counts.\n"
        "# TYPE esimmon_up gauge\n"
        "esimmon_up{} 0\n"
    )


def test_figures_are_those_of_the_daemon_while_it_lives(tmp_path: Path) -> None:
    path = tmp_path / "daemon.sock"
    with relaying._metrics(f"127.0.0.1:{free_port()}", path) as scraped:
        scraped.start()
        assert "esimmon_up{} 0\n" in page(scraped.port)
        statusfile.write(statusfile.status_path(path), document())
        assert "esimmon_up{} 1\n" in page(scraped.port)
        assert 'esimmon_plan_used_bytes{plan="wwan"} 100000000\n' in page(scraped.port)
        statusfile.write(statusfile.status_path(path), document(age_s=3600))
        assert "esimmon_up{} 0\n" in page(scraped.port)


@pytest.mark.parametrize(
    "listen", ["9877", "localhost:9877", "::1:9877", "127.0.0.1:0", "127.0.0.1:70000"]
)
def test_an_address_that_makes_no_sense_is_refused(listen: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[metrics]\nlisten = "{listen}"\n')
    with pytest.raises(ConfigError, match="must be an IP address and a port"):
        load_config(path)


def test_without_anything_to_do_it_says_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["relay"]) == 1
    assert "nowhere to send alerts to" in capsys.readouterr().err
