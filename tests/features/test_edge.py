"""What browsers, proxies and careful clients ask of every address: HEAD, OPTIONS, CORS, problems for the unknown."""

import httpx
import pytest

from tests.builders import Keys
from tests.contract.operations import OPERATIONS
from tests.contract.world import ABSENT
from tests.service import ORIGIN

SECURITY = {"x-content-type-options", "x-frame-options", "referrer-policy", "strict-transport-security"}
READS = sorted({operation.path for operation in OPERATIONS if operation.method == "GET"})


@pytest.mark.parametrize(
    "path", ["/healthz", "/v1/public/desk", "/docs", "/openapi.json", "/problems", "/docs/assets/swagger-ui.css"]
)
async def test_head_is_get_without_its_body(api: httpx.AsyncClient, path: str):
    got, head = await api.get(path), await api.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.headers.keys() >= SECURITY


@pytest.mark.parametrize("path", READS)
async def test_every_read_answers_head(api: httpx.AsyncClient, keys: Keys, path: str):
    names = {name: str(ABSENT) for name in ("receipt_token", "quote_token")}
    url = path.format_map(Absent(names))
    head, got = await api.head(url, headers=keys["admin"]), await api.get(url, headers=keys["admin"])
    assert head.status_code == got.status_code
    assert head.content == b""


class Absent(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return str(ABSENT)


async def test_the_bare_address_leads_to_the_documentation(api: httpx.AsyncClient):
    answer = await api.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


async def test_head_asks_for_a_credential_too(api: httpx.AsyncClient):
    assert (await api.head("/v1/tickets")).status_code == 401


async def test_head_is_told_apart_in_the_metrics(api: httpx.AsyncClient):
    await api.head("/v1/public/desk")
    assert 'method="HEAD",route="/v1/public/desk",status="200"' in (await api.get("/metrics")).text


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/v1/public/tickets", "OPTIONS, POST"),
        ("/v1/tickets", "GET, HEAD, OPTIONS, POST"),
        (f"/v1/tickets/{ABSENT}", "GET, HEAD, OPTIONS, PATCH"),
        ("/healthz", "GET, HEAD, OPTIONS"),
        ("/docs/assets/swagger-ui.css", "GET, HEAD, OPTIONS"),
    ],
)
async def test_options_and_405_tell_what_is_allowed(api: httpx.AsyncClient, path: str, allow: str):
    options = await api.options(path)
    assert (options.status_code, options.headers["allow"], options.content) == (204, allow, b"")
    refused = await api.request("TRACE", path)
    assert (refused.status_code, refused.headers["allow"]) == (405, allow)
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/v1", "/v2/tickets", "/v1/tickets/", "/v1/nothing", "/docs/assets/none.js", "/.env"])
async def test_an_unknown_path_is_a_problem(api: httpx.AsyncClient, method: str, path: str):
    answer = await api.request(method, path)
    if path.startswith("/docs/assets") and method != "GET":
        assert answer.status_code in {204, 405}
        return
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not-found"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


def asking(origin: str, method: str = "POST", names: str = "content-type, idempotency-key") -> dict[str, str]:
    return {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": names}


async def test_a_welcome_page_gets_leave(api: httpx.AsyncClient):
    answer = await api.options("/v1/public/tickets", headers=asking(ORIGIN) | {"X-Request-ID": "browser-17"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["x-request-id"] == "browser-17"
    assert "Origin" in answer.headers["vary"]
    assert answer.headers.keys() >= SECURITY


@pytest.mark.parametrize(
    "sent",
    [
        asking("https://evil.example"),
        asking("null"),
        asking(f"{ORIGIN}.evil.example"),
        asking(ORIGIN.upper()),
        asking(ORIGIN, "BREW"),
        asking(ORIGIN, names="x-forwarded-for"),
    ],
)
async def test_other_pages_and_wishes_get_none(api: httpx.AsyncClient, sent: dict[str, str]):
    answer = await api.options("/v1/public/tickets", headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin-not-allowed")
    assert "access-control-allow-methods" not in answer.headers
    assert answer.headers.get("access-control-allow-origin") == (ORIGIN if sent["Origin"] == ORIGIN else None)
    assert answer.headers.keys() >= SECURITY | {"x-request-id"}


@pytest.mark.parametrize("path", ["/v1/public/desk", "/v1/tickets", "/v1/nothing"])
async def test_only_a_welcome_page_may_read_the_answer(api: httpx.AsyncClient, path: str):
    welcome = await api.get(path, headers={"Origin": ORIGIN})
    assert welcome.headers["access-control-allow-origin"] == ORIGIN
    assert "Retry-After" in welcome.headers["access-control-expose-headers"]
    for stranger in (b"https://evil.example", b"null", b"http://desk.test", b"\xff"):
        answer = await api.get(path, headers={b"Origin": stranger})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["vary"] == "Origin"
