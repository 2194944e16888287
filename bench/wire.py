"""HTTP/1.1 requests as text, ready to be written down a connection."""

import json
from collections.abc import Mapping
from typing import Any


def render(method: str, path: str, headers: Mapping[str, str], body: str = "") -> str:
    """Return one request, head and body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "User-Agent: bench", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines) + "\r\n\r\n" + body


def get(path: str, key: str | None = None) -> str:
    """Return a GET, with an API key if there is one."""
    return render("GET", path, {} if key is None else {"Authorization": f"Bearer {key}"})


def post(path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> str:
    """Return a POST of a JSON body."""
    text = json.dumps(body)
    length = {"Content-Type": "application/json", "Content-Length": str(len(text.encode()))}
    return render("POST", path, length | dict(headers or {}), text)
