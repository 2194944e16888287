"""Raw mails as mail programs write them: `a_mail(text="…", **{"In-Reply-To": "<x@y>"})`."""

from itertools import count
from typing import Any

_numbers = count(1)
SUPPORT = "support@e-connect.lu"
URGENCE = "urgence@e-connect.lu"
RITA = "Rita Requester <rita@elsewhere.example>"


def a_mail(text: str | bytes = "The menu does not open.", **headers: str | None) -> bytes:
    """A plain mail from Rita; headers by name with _ for -, None leaves one out. Every mail has its own id."""
    number = next(_numbers)
    chosen: dict[str, Any] = {
        "From": RITA,
        "To": SUPPORT,
        "Subject": "Menu",
        "Date": "Tue, 24 Nov 2026 10:30:00 +0100",
        "Message_ID": f"<{number}.mail@elsewhere.example>",
        "MIME_Version": "1.0",
        "Content_Type": 'text/plain; charset="utf-8"',
        "Content_Transfer_Encoding": "8bit",
    } | headers
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in chosen.items() if value is not None]
    body = text.encode() if isinstance(text, str) else text
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body.replace(b"\n", b"\r\n") + b"\r\n"


def a_multipart(*parts: bytes, subtype: str = "mixed", boundary: str = "b1", **headers: str | None) -> bytes:
    """A mail of several parts, each with its own headers."""
    body = b"".join(b"--" + boundary.encode() + b"\n" + part + b"\n" for part in parts)
    return a_mail(
        body + b"--" + boundary.encode() + b"--\n",
        **{"Content_Type": f'multipart/{subtype}; boundary="{boundary}"'} | headers,
    )


def a_part(content: bytes | str, **headers: str) -> bytes:
    """One part: plain text unless its headers say otherwise."""
    chosen = {"Content_Type": "text/plain; charset=utf-8"} | headers
    lines = "\n".join(f"{name.replace('_', '-')}: {value}" for name, value in chosen.items())
    return lines.encode() + b"\n\n" + (content.encode() if isinstance(content, str) else content)


def a_bounce_of(about: str, status: str = "5.1.1") -> bytes:
    """A mail server's report that the mail with this Message-ID could not be delivered."""
    return f"""From: MAILER-DAEMON@mx.example
To: support@e-connect.lu
Subject: Undelivered Mail Returned to Sender
Return-Path: <>
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=r

--r
Content-Type: text/plain

I could not deliver it.
--r
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; rita@elsewhere.example
Action: failed
Status: {status}

--r
Content-Type: text/rfc822-headers

Message-ID: {about}
Subject: x

--r--
""".replace("\n", "\r\n").encode()
