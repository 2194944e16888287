"""A second `serve` beside the first."""

import socket
from pathlib import Path

import pytest

from app import serving
from app.core.settings import Settings


def test_a_second_serve_on_the_same_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """At its end it would stop the Postgres that the first one uses."""
    monkeypatch.setattr(serving, "STOPPING_SECONDS", 0)
    with serving.alone(tmp_path), pytest.raises(SystemExit, match="runs already"), serving.alone(tmp_path):
        pass
    with serving.alone(tmp_path):
        pass


def test_a_taken_port_is_told_in_one_line(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = Settings(host="127.0.0.1", port=server.getsockname()[1], data_dir=tmp_path)
        with pytest.raises(SystemExit, match="choose another PORT"):
            serving.check_port(settings)
