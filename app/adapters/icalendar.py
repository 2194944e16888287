"""Windows of on-call as iCalendar (RFC 5545): what calendar programs read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

WIDEST_LINE = 75  # bytes, the continuation's space included


def calendar_text(
    windows: Sequence[Mapping[str, Any]], house: str, now: datetime, *, agent_id: UUID | None = None
) -> str:
    """One event for each window: client, event, whom to call, who stands by. Lines end with CRLF and are folded.

    With `agent_id` one for each stretch of that agent instead.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_text(house)}//support desk//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(house)} permanences",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        *(line for window in windows for line in _events(window, now, agent_id)),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _events(window: Mapping[str, Any], now: datetime, agent_id: UUID | None) -> Iterator[str]:
    if agent_id is None:
        yield from _event(window, str(window["id"]), window["starts_at"], window["ends_at"], now)
        return
    for shift in window["shifts"]:
        if shift["agent_id"] == str(agent_id):
            start, end = (datetime.fromisoformat(shift[name]) for name in ("starts_at", "ends_at"))
            start, end = max(start, window["starts_at"]), min(end, window["ends_at"])
            yield from _event(window, f"{window['id']}-{_instant(start)}", start, end, now)


def _event(window: Mapping[str, Any], uid: str, start: datetime, end: datetime, now: datetime) -> Iterator[str]:
    who = ", ".join(dict.fromkeys(shift["agent_name"] for shift in window["shifts"])) or "–"
    call = " ".join(part for part in (window["contact_name"], window["contact_phone"]) if part)
    yield "BEGIN:VEVENT"
    yield f"UID:{uid}"
    yield f"DTSTAMP:{_instant(now)}"
    yield f"DTSTART:{_instant(start)}"
    yield f"DTEND:{_instant(end)}"
    yield "SUMMARY:" + _text(f"Permanence {window['client_name']}: {window['event']}")
    yield "DESCRIPTION:" + _text(f"{who}\n{call}")
    yield "STATUS:" + ("CONFIRMED" if window["shifts"] else "TENTATIVE")
    yield "END:VEVENT"


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Escaped as section 3.3.11 says."""
    for character in ("\\", ";", ","):
        text = text.replace(character, f"\\{character}")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _folded(line: str) -> Iterable[str]:
    """Lines of at most 75 bytes; a continuation begins with a space, and no character is cut in two."""
    parts, current, width = [], "", 0
    for character in line:
        size = len(character.encode())
        if width + size > WIDEST_LINE:
            parts.append(current)
            current, width = " ", 1
        current += character
        width += size
    return [*parts, current]
