"""Headers: encoded words, absent ones, too long ones, those that try to become others."""

from collections.abc import Iterator

from tests.corpus.case import Case
from tests.mails import SUPPORT, URGENCE, a_mail

MENU = "Menü café"


def cases() -> Iterator[Case]:
    yield from _subjects()
    yield from _senders()
    yield from _others()


def _subjects() -> Iterator[Case]:
    for name, given, expected in [
        ("B", "=?utf-8?B?TWVuw7wgY2Fmw6k=?=", MENU),
        ("Q", "=?iso-8859-1?Q?Men=FC_caf=E9?=", MENU),
        ("lower-case q", "=?ISO-8859-1?q?Men=FC_caf=E9?=", MENU),
        ("with a language", "=?utf-8*de?B?TWVuw7wgY2Fmw6k=?=", MENU),
        ("split over two words", "=?utf-8?B?TWVuw7wg?=\r\n =?utf-8?B?Y2Fmw6k=?=", MENU),
        ("split inside a character", "=?utf-8?B?TWVuww==?= =?utf-8?B?vCBjYWbDqQ==?=", MENU),
        ("of two charsets", "=?utf-8?B?TWVuw7wg?= =?iso-8859-1?Q?caf=E9?=", MENU),
        ("between plain words", "Das =?utf-8?B?TWVuw7w=?= klemmt", "Das Menü klemmt"),
        ("of an unknown charset", "=?x-nope?B?TWVuw7wgY2Fmw6k=?=", MENU),
        ("of a codec that is none", "=?zlib?B?TWVuw7wgY2Fmw6k=?=", MENU),
        ("with broken base64", "=?utf-8?B?TWVu?= x", "Men x"),
        ("that decodes to a newline", "=?utf-8?Q?Menu=0D=0ABcc:_victim@x.example?=", "Menu Bcc: victim@x.example"),
        ("that decodes to NUL", "=?utf-8?Q?Me=00nu?=", "Me nu"),
        ("never closed", "=?utf-8?B?TWVu", "=?utf-8?B?TWVu"),
        ("inside another", "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?=", "=?utf-8?Q?x?="),
        ("8-bit UTF-8", MENU, MENU),
        ("folded", "The menu\r\n of the\r\n\tshop", "The menu of the\tshop".replace("\t", " ")),
        ("with reply marks", "Re: AW: Fwd: RE[2]: Menu", "Menu"),
        ("in French with marks", "TR : RE : Menu", "Menu"),
        ("empty", "", "(no subject)"),
        ("of blanks", "   ", "(no subject)"),
        ("only a mark", "Re:", "(no subject)"),
    ]:
        yield Case(
            name=f"subject {name}",
            subject=expected,
            raw=a_mail("The menu is closed and we do not know why.", Subject=given),
        )
    body = "The menu is closed and we do not know why."
    yield Case(name="no subject", subject="(no subject)", raw=a_mail(body, Subject=None))
    yield Case(name="a long subject", subject="x" * 200, raw=a_mail(body, Subject="x" * 5000))
    yield Case(name="a subject of a megabyte", raw=a_mail(body, Subject="x y " * 250_000))
    latin = a_mail(body, Subject="@@").replace(b"@@", "Menü café".encode("latin-1"))
    yield Case(name="subject 8-bit Latin-1", subject=MENU, raw=latin)


def _senders() -> Iterator[Case]:
    rita = "rita@elsewhere.example"
    for name, given, sender, sender_name in [
        ("bare", rita, rita, None),
        ("in brackets", f"<{rita}>", rita, None),
        ("quoted name", f'"Requester, Rita" <{rita}>', rita, "Requester, Rita"),
        ("comment as name", f"{rita} (Rita)", rita, "Rita"),
        ("encoded name", f"=?utf-8?Q?Ren=C3=A9?= <{rita}>", rita, "René"),
        (
            "encoded name with an address inside",
            f"=?utf-8?Q?boss=40e-connect=2Elu?= <{rita}>",
            rita,
            "boss@e-connect.lu",
        ),
        ("encoded name with brackets inside", f"=?utf-8?Q?a_=3Cx=40y=2Elu=3E?= <{rita}>", rita, "a <x@y.lu>"),
        ("name that decodes to a newline", f"=?utf-8?Q?R=0D=0ABcc:_x@y.lu?= <{rita}>", rita, None),
        ("two addresses", f"{rita}, other@x.example", rita, None),
        ("capitals", "RITA@ELSEWHERE.EXAMPLE", "RITA@elsewhere.example", None),
        ("8-bit name", f"Ren\u00e9 <{rita}>", rita, "René"),
        ("international domain", "rita@bäckerei.example", "rita@bäckerei.example", None),
        ("a sub-address", "rita+desk@elsewhere.example", "rita+desk@elsewhere.example", None),
    ]:
        yield Case(name=f"from {name}", sender=sender, sender_name=sender_name, raw=a_mail(From=given))
    for name, bad in [
        ("nothing", None), ("empty", ""), ("a name only", "Rita"), ("no domain", "rita@"), ("no local part", "<@x.example>"),
        ("localhost", "root@localhost"), ("an IP", "x@[127.0.0.1]"), ("two at signs", "a@b@c.example"),
        ("a group", "undisclosed-recipients:;"), ("quotes", '"a b"@x.example'), ("too long", f"{'x' * 300}@x.example"),
        ("encoded word as address", "=?utf-8?Q?rita=40elsewhere=2Eexample?="),
    ]:  # fmt: skip
        yield Case(name=f"from {name}", raw=a_mail(From=bad), outcome="quarantined", reason="no-sender")
    yield Case(name="from nobody, but sender", sender=rita, raw=a_mail(From=None, Sender=rita))
    yield Case(
        name="local part outside ASCII",
        sender="ritä@elsewhere.example",
        acknowledged="suppressed",
        raw=a_mail(From="ritä@elsewhere.example"),
    )


def _others() -> Iterator[Case]:
    yield Case(name="no Message-ID", raw=a_mail("without id", Message_ID=None))
    yield Case(name="two Message-IDs", raw=a_mail(Message_ID="<a@x.example> <b@x.example>"))
    yield Case(name="an odd Message-ID", raw=a_mail(Message_ID="no brackets"))
    yield Case(name="a huge References", raw=a_mail(References=" ".join(f"<{n}@x.example>" for n in range(5000))))
    yield Case(name="rubbish In-Reply-To", raw=a_mail(In_Reply_To="<<>> <a b> <\u00e9@x> Your mail of yesterday"))
    yield Case(name="no Date", raw=a_mail(Date=None))
    for date in ("yesterday", "Tue, 99 Foo 2026 99:99:99 +9999", "Mon, 01 Jan 0001 00:00:00 +0000", "1", "x" * 10_000):
        yield Case(name=f"date {date[:20]}", raw=a_mail(Date=date))
    yield Case(name="no headers at all", raw=b"just text\r\n", outcome="quarantined", reason="no-sender")
    yield Case(name="only headers", raw=b"From: only@elsewhere.example\r\nSubject: x\r\n\r\n", body="(sans texte)")
    yield Case(name="headers without an end", raw=b"From: open@elsewhere.example\r\nSubject: x")
    yield Case(
        name="a header without a colon", raw=a_mail(Subject="x").replace(b"Subject: x", b"Subject x\r\nNonsense")
    )
    yield Case(name="mbox line first", raw=b"From rita Tue Nov 24 2026\r\n" + a_mail())
    yield Case(name="Unix line ends", raw=a_mail("one\ntwo").replace(b"\r\n", b"\n"), body="one\ntwo")
    yield Case(name="ten thousand headers", raw=b"X-Junk: y\r\n" * 10_000 + a_mail())
    yield Case(name="a header line of a megabyte", raw=b"X-Junk: " + b"y" * 1_000_000 + b"\r\n" + a_mail())
    yield Case(name="many recipients", raw=a_mail(To=", ".join(f"u{n}@x.example" for n in range(2000))))
    yield Case(name="the same header twice", sender="rita@elsewhere.example", raw=b"Subject: other\r\n" + a_mail())
    yield Case(name="one byte", raw=b"x", outcome="quarantined", reason="no-sender")
    yield Case(name="NULs only", raw=b"\0" * 1000, outcome="quarantined", reason="no-sender")
    yield Case(name="random bytes", raw=bytes(range(256)) * 40, outcome="quarantined", reason="no-sender")
    yield Case(name="urgence in capitals", raw=a_mail(To=URGENCE.upper()), mailbox=URGENCE.upper())
    yield Case(name="an unknown sub-address", raw=a_mail(), mailbox=SUPPORT.replace("@", "+whatever@"))
