"""Serve the help form on its own origin: `python examples/help-form/serve.py`, or with `--folder` another page.

Standard library only. It stands for the company's website: another origin than the API, so that the browser's
cross-origin rules apply as in production, and with a strict Content-Security-Policy as a website should send.
"""

import argparse
import html
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

FOLDER: Final = Path(__file__).resolve().parent
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
DEFAULT_API: Final = "http://127.0.0.1:8000"


def origin_of(url: str) -> str:
    """Return the bare origin of an API address; ValueError when it is not one (it goes into a header)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or parts.path not in {"", "/"} or parts.query:
        message = f"not the address of an API: {url!r}"
        raise ValueError(message)
    if not host.replace("-", "").replace(".", "").replace(":", "").isalnum() or not host.isascii():
        message = f"not the name of a host: {host!r}"
        raise ValueError(message)
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{parts.port}" if parts.port else "")


def headers_for(api: str) -> dict[str, str]:
    """Everything from this origin, connections to the API alone, no markup made from strings, no framing."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src {api}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }


class FormHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD for the page's own files; anything else is 404 or 501."""

    protocol_version = "HTTP/1.1"

    server: "FormServer"

    def do_GET(self) -> None:
        """Send one file."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Send one file's headers."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        found = self._page(urlsplit(self.path).path.lstrip("/") or "index.html")
        status = HTTPStatus.OK if found else HTTPStatus.NOT_FOUND
        media_type, body = found or ("text/plain; charset=utf-8", b"Not found\n")
        self.send_response(status)
        for name, value in headers_for(self.server.api).items():
            self.send_header(name, value)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _page(self, name: str) -> tuple[str, bytes] | None:
        """Media type and content of a file of the page; names are compared, never opened as a path."""
        folder = self.server.folder
        pages = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix in TYPES}
        if name not in pages:
            return None
        body = pages[name].read_bytes()
        if name == "index.html":
            body = body.replace(DEFAULT_API.encode(), html.escape(self.server.api).encode())
        return TYPES[pages[name].suffix], body

    def version_string(self) -> str:
        """Name no versions."""
        return "help-form"

    def log_message(self, *_: object) -> None:
        """Log nothing: receipt tokens are part of the address."""


class FormServer(ThreadingHTTPServer):
    """The page on one port of the loopback address, talking to one API."""

    def __init__(self, port: int, api: str, folder: Path = FOLDER) -> None:
        """Port 0 takes any free one; ValueError when `api` is not an address."""
        self.api = origin_of(api)
        self.folder = folder.resolve()
        super().__init__(("127.0.0.1", port), FormHandler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of browsers that hang up early."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def stop_at_eof(server: FormServer) -> None:
    """Outlive no parent, not even a killed one: its end closes the pipe."""
    sys.stdin.buffer.read()
    server.shutdown()


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve the help form beside the support desk's API.")
    parser.add_argument("--port", type=int, default=8001, help="port on 127.0.0.1 (8001)")
    parser.add_argument("--api", default=DEFAULT_API, help=f"address of the API ({DEFAULT_API})")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the page's files (the help form)")
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input ends, as its parent does")
    options = parser.parse_args()
    try:
        server = FormServer(options.port, options.api, options.folder)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    with server, suppress(KeyboardInterrupt):
        if options.until_eof:
            threading.Thread(target=stop_at_eof, args=(server,), daemon=True).start()
        name = server.folder.name.replace("-", " ").capitalize()
        print(f"{name}: http://127.0.0.1:{server.server_port}/ (API: {server.api})", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
