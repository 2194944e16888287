"""Windows of on-call as iCalendar (RFC 5545): what calendar programs read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

WIDEST_LINE = 75  # bytes, the continuation's space included


def calendar_text(windows: Sequence[Mapping[str, Any]], house: str, now: datetime) -> str:
    """One event for each window: client, event, whom to call, who stands by. Lines end with CRLF and are folded."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_text(house)}//support desk//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        *(line for window in windows for line in _event(window, now)),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _event(window: Mapping[str, Any], now: datetime) -> Iterator[str]:
    who = ", ".join(dict.fromkeys(shift["agent_name"] for shift in window["shifts"])) or "–"
    call = " ".join(part for part in (window["contact_name"], window["contact_phone"]) if part)
    yield "BEGIN:VEVENT"
    yield f"UID:{window['id']}@e-connect.lu"
    yield f"DTSTAMP:{_instant(now)}"
    yield f"DTSTART:{_instant(window['starts_at'])}"
    yield f"DTEND:{_instant(window['ends_at'])}"
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
