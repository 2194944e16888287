"""Which websites may call from a browser (CORS): the configured origins exactly, nobody else."""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import Scope

Pairs = list[tuple[bytes, bytes]]

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
ALLOWED = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-ID")
# Browsers let any page send these.
SAFE_METHODS = ("HEAD",)
SAFE_HEADERS = ("Accept", "Accept-Language", "Content-Language")
EXPOSED = (
    "Allow", "Content-Disposition", "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit-Limit",
    "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "X-Request-ID",
)  # fmt: skip
REMEMBER_SECONDS = 600
VARY = (b"vary", b"Origin")


class Origins:
    """The origins that are welcome, and the headers that tell a browser so."""

    def __init__(self, origins: Iterable[str]) -> None:
        exposed = (b"access-control-expose-headers", ", ".join(EXPOSED).encode())
        self._headers: dict[bytes, Pairs] = {
            origin.encode(): [(b"access-control-allow-origin", origin.encode()), exposed, VARY] for origin in origins
        }
        self._methods = {*METHODS, *SAFE_METHODS}
        self._names = {name.lower() for name in (*ALLOWED, *SAFE_HEADERS)}

    def headers(self, origin: bytes | None) -> Pairs:
        """For every answer; to a stranger's page none that would let it read."""
        return self._headers.get(origin, [VARY]) if origin is not None else [VARY]

    def preflight(self, scope: Scope) -> dict[str, str] | None:
        """The answer's headers when a browser asks for leave; None when the page has none to get."""
        headers = Headers(scope=scope)
        wanted = {name.strip().lower() for name in headers.get("access-control-request-headers", "").split(",")} - {""}
        if headers["origin"].encode("latin-1") not in self._headers:
            return None
        if headers["access-control-request-method"] not in self._methods or wanted - self._names:
            return None
        return {
            "Access-Control-Allow-Methods": ", ".join(METHODS),
            "Access-Control-Allow-Headers": ", ".join(ALLOWED),
            "Access-Control-Max-Age": str(REMEMBER_SECONDS),
        }


def is_preflight(scope: Scope) -> bool:
    """Whether a browser asks for leave before the request itself."""
    if scope["method"] != "OPTIONS":
        return False
    names = {name for name, _ in scope["headers"]}
    return b"origin" in names and b"access-control-request-method" in names
