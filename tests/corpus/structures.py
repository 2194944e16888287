"""Multiparts: nested, broken, with files, with pictures, from real programs."""

import base64
from collections.abc import Iterator

from tests import winmail
from tests.corpus.case import Case
from tests.mails import a_mail, a_multipart, a_part

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HTML = "text/html; charset=utf-8"


def file(name: str, content: bytes, kind: str = "application/octet-stream", **headers: str) -> bytes:
    encoded = base64.encodebytes(content)
    chosen = {"Content_Type": kind, "Content_Disposition": f'attachment; filename="{name}"'} | headers
    return a_part(encoded, **chosen, Content_Transfer_Encoding="base64")


def alternative(plain: str, html: str, boundary: str = "alt") -> bytes:
    line = f"--{boundary}\n"
    parts = [a_part(plain).decode(), a_part(html, Content_Type=HTML).decode()]
    return a_part(
        line + f"\n{line}".join(parts) + f"\n--{boundary}--",
        Content_Type=f'multipart/alternative; boundary="{boundary}"',
    )


def cases() -> Iterator[Case]:
    yield from _texts()
    yield from _html()
    yield from _files()
    yield from _broken()


def _texts() -> Iterator[Case]:
    yield Case(
        name="alternative",
        body="plain",
        raw=a_multipart(a_part("plain"), a_part("<p>rich</p>", Content_Type=HTML), subtype="alternative"),
    )
    yield Case(
        name="alternative with blank plain text",
        body="rich",
        raw=a_multipart(a_part("  "), a_part("<p>rich</p>", Content_Type=HTML), subtype="alternative"),
    )
    yield Case(name="alternative inside mixed", body="plain", raw=a_multipart(alternative("plain", "<p>rich</p>")))
    yield Case(name="two texts", body="one\n\ntwo", raw=a_multipart(a_part("one"), a_part("two")))
    yield Case(
        name="related with a picture",
        body="see",
        files=["logo.png"],
        raw=a_multipart(
            a_part('<p>see <img src="cid:l"></p>', Content_Type=HTML),
            file("logo.png", PNG, "image/png", Content_ID="<l>", Content_Disposition='inline; filename="logo.png"'),
            subtype="related",
        ),
    )
    yield Case(
        name="flowed",
        body="one two three\nfour",
        raw=a_mail("one \ntwo \nthree\nfour", Content_Type="text/plain; charset=utf-8; format=flowed"),
    )
    yield Case(
        name="flowed with delsp",
        body="onetwo",
        raw=a_mail("one \ntwo", Content_Type="text/plain; format=flowed; delsp=yes"),
    )
    yield Case(
        name="flowed and space-stuffed",
        body="one\n>x\nmore",
        raw=a_mail("one\n >x\nmore", Content_Type="text/plain; format=flowed"),
    )
    yield Case(name="empty", body="(sans texte)", raw=a_mail(""))
    yield Case(name="an empty multipart", body="(sans texte)", raw=a_multipart())
    yield Case(name="a signature", body="Help\n\n-- \nRita".replace("-- \n", "--\n"), raw=a_mail("Help\n\n-- \nRita"))
    yield Case(name="a very long text", raw=a_mail("word " * 100_000))
    yield Case(name="one line of 200,000 characters", raw=a_mail("x" * 200_000))


def _html() -> Iterator[Case]:
    for name, html, text in [
        ("paragraphs", "<p>one</p><p>two</p>", "one\n\ntwo"),
        ("breaks", "one<br>two<br/>three", "one\ntwo\nthree"),
        ("a list", "<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("a link", '<a href="https://x.example/a">here</a>', "here <https://x.example/a>"),
        ("entities", "5 &lt; 6 &amp; 7 &euro; &nbsp;&#233;", "5 < 6 & 7 € é"),
        ("a script", "<script>alert(1)</script>ok", "ok"),
        ("a style", "<style>p{color:red}</style><p>ok</p>", "ok"),
        ("an event handler", '<p onclick="alert(1)">ok</p>', "ok"),
        ("a javascript link", '<a href="javascript:alert(1)">ok</a>', "ok"),
        ("a tracking picture", '<img src="https://spy.example/p.gif">ok', "ok"),
        ("a frame", '<iframe src="https://x.example"></iframe>ok', "ok"),
        ("Outlook's namespace", "<html xmlns:o='urn'><o:p></o:p><p class=MsoNormal>ok<o:p></o:p></p></html>", "ok"),
        ("a comment for Outlook", "<!--[if mso]><p>no</p><![endif]-->ok", "ok"),
        ("a table", "<table><tr><td>a</td><td>b</td></tr></table>", "a\nb".replace("\n", " ")),
        ("preformatted text", "<pre>a\n  b</pre>", "a\n  b"),
        ("unclosed tags", "<p><b>one<p>two", "one\n\ntwo"),
        ("no tags", "just text", "just text"),
        ("a doctype and head", "<!doctype html><head><title>T</title></head><body>ok</body>", "ok"),
    ]:  # fmt: skip
        yield Case(name=f"HTML: {name}", body=text, raw=a_mail(html, Content_Type=HTML))


def _outlook(content: bytes) -> bytes:
    return file("winmail.dat", content, "application/ms-tnef")


def _wrapped() -> Iterator[Case]:
    """What Outlook wraps up is unwrapped; what nobody can unwrap stays in the raw mail and is noted."""
    shot, text = winmail.a_file("shot.png", PNG), {winmail.TEXT: winmail.unicode("Siehe Anhang.")}
    said = winmail.winmail([shot], text)
    plain = a_part("see")
    yield Case(name="winmail.dat", body="see", files=["shot.png"], refused=[], raw=a_multipart(plain, _outlook(said)))
    yield Case(name="only a winmail.dat", body="Siehe Anhang.", files=["shot.png"], raw=a_multipart(_outlook(said)))
    page = winmail.winmail(said={winmail.HTML: b"<p>Nur <script>x()</script>HTML</p>"})
    yield Case(name="HTML in a winmail.dat", body="Nur HTML", files=[], raw=a_multipart(_outlook(page)))
    rich = winmail.winmail([shot], {winmail.RTF: winmail.rtf(rb"Gr\'fc\'dfe,\par \u-10179?\u-8704? nur {\b RTF}")})
    yield Case(
        name="RTF in a winmail.dat", body="Grüße,\n😀 nur RTF", files=["shot.png"], raw=a_multipart(_outlook(rich))
    )
    bomb = winmail.winmail(said={winmail.RTF: winmail.rtf(b"{\\b " * 60_000, packed=False)})
    yield Case(name="an RTF of braces in a winmail.dat", body="see", files=[], raw=a_multipart(plain, _outlook(bomb)))
    evil = winmail.winmail([winmail.a_file("../../run\r\n.exe", b"MZ\x90\x00" + b"\x00" * 200)])
    yield Case(name="a program in a winmail.dat", files=[], raw=a_multipart(plain, _outlook(evil)))
    many = winmail.winmail([winmail.a_file("a.txt", b"a")] * 300)
    yield Case(
        name="300 files in a winmail.dat",
        outcome="quarantined",
        reason="too-many-parts",
        raw=a_multipart(plain, _outlook(many)),
    )


def _files() -> Iterator[Case]:
    yield Case(
        name="a picture",
        files=["shot.png"],
        refused=[],
        raw=a_multipart(a_part("see"), file("shot.png", PNG, "image/png")),
    )
    yield Case(name="only a picture", body="(sans texte)", files=["shot.png"], raw=a_multipart(file("shot.png", PNG)))
    yield Case(
        name="the picture is the mail",
        files=["shot.png"],
        raw=a_mail(
            base64.encodebytes(PNG), Content_Type='image/png; name="shot.png"', Content_Transfer_Encoding="base64"
        ),
    )
    yield Case(
        name="a program",
        files=[],
        refused=["virus.exe"],
        raw=a_multipart(a_part("see"), file("virus.exe", b"MZ\x90\x00" + b"\x00" * 200)),
    )
    yield Case(
        name="a program called picture",
        files=[],
        refused=["cat.png"],
        raw=a_multipart(a_part("see"), file("cat.png", b"\x7fELF" + b"\x00" * 200, "image/png")),
    )
    yield from _wrapped()
    yield Case(
        name="a broken winmail.dat",
        files=[],
        refused=["winmail.dat"],
        raw=a_multipart(
            a_part("see"), file("winmail.dat", b"\x78\x9f\x3e\x22" + b"\x01\x00" * 50, "application/ms-tnef")
        ),
    )
    yield Case(
        name="an empty file", files=[], refused=["empty.txt"], raw=a_multipart(a_part("see"), file("empty.txt", b""))
    )
    yield Case(
        name="a file with a path", files=["passwd"], raw=a_multipart(a_part("see"), file("../../etc/passwd", b"root"))
    )
    yield Case(
        name="a name in RFC 2231",
        files=["résumé.txt"],
        raw=a_multipart(
            a_part("see"), file("x", b"text", Content_Disposition="attachment; filename*=utf-8''r%C3%A9sum%C3%A9.txt")
        ),
    )
    yield Case(
        name="a name in pieces",
        files=["long name.txt"],
        raw=a_multipart(
            a_part("see"),
            file("x", b"text", Content_Disposition='attachment; filename*0="long "; filename*1="name.txt"'),
        ),
    )
    yield Case(
        name="a name in encoded words",
        files=["café.txt"],
        raw=a_multipart(a_part("see"), file("=?utf-8?Q?caf=C3=A9.txt?=", b"text")),
    )
    yield Case(
        name="a name of an unknown charset",
        raw=a_multipart(a_part("see"), file("x", b"text", Content_Disposition="attachment; filename*=nope''%FF.txt")),
    )
    yield Case(
        name="no name",
        files=["application.pdf"],
        raw=a_multipart(
            a_part("see"),
            file("x", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF", "application/pdf", Content_Disposition="attachment"),
        ),
    )
    yield Case(
        name="a forwarded mail",
        files=["message.eml"],
        raw=a_multipart(a_part("see"), a_part(a_mail("inner"), Content_Type="message/rfc822")),
    )
    yield Case(
        name="an invitation",
        files=["invitation.ics"],
        raw=a_multipart(a_part("see"), a_part("BEGIN:VCALENDAR\nEND:VCALENDAR", Content_Type="text/calendar")),
    )
    yield Case(
        name="a signed mail",
        body="see",
        refused=["smime.p7s"],
        raw=a_multipart(
            a_part("see"), file("smime.p7s", b"\x30\x80\x06\x09" * 20, "application/pkcs7-signature"), subtype="signed"
        ),
    )
    yield Case(
        name="an encrypted mail",
        body="(sans texte)",
        raw=a_mail(
            base64.encodebytes(b"\x30\x80\x06" * 99),
            Content_Type="application/pkcs7-mime; name=smime.p7m",
            Content_Transfer_Encoding="base64",
        ),
    )
    yield Case(
        name="fifty-one files",
        refused=["n50.txt"],
        raw=a_multipart(*[file(f"n{n}.txt", b"text %d" % n) for n in range(51)]),
    )


def _broken() -> Iterator[Case]:
    def whole() -> bytes:
        return a_multipart(a_part("one"), a_part("two"))

    yield Case(name="no closing boundary", body="one\n\ntwo", raw=whole().replace(b"--b1--", b""))
    yield Case(name="cut inside a file", raw=a_multipart(a_part("one"), file("a.png", PNG))[:-60])
    yield Case(name="no boundary parameter", raw=whole().replace(b'; boundary="b1"', b""))
    yield Case(name="another boundary", raw=whole().replace(b'boundary="b1"', b'boundary="b2"'))
    yield Case(name="an empty boundary", raw=whole().replace(b'boundary="b1"', b'boundary=""'))
    yield Case(
        name="a boundary with regular expression signs", body="one", raw=a_multipart(a_part("one"), boundary=".*(+[?")
    )
    yield Case(
        name="the same boundary inside",
        raw=a_multipart(a_part("one"), a_part("--b1\n\nx\n--b1--", Content_Type='multipart/mixed; boundary="b1"')),
    )
    yield Case(
        name="text between the parts",
        body="one",
        raw=a_multipart(a_part("one")).replace(b"--b1--", b"--b1--\r\nepilogue"),
    )
    yield Case(name="a content type that is none", body="one", raw=a_mail("one", Content_Type="nonsense"))
    yield Case(name="a content type of slashes", body="one", raw=a_mail("one", Content_Type="///"))
    yield Case(name="text/anything", raw=a_mail("one", Content_Type="text/x-odd"))
    yield Case(name="multipart in name only", raw=a_mail("one", Content_Type="multipart/mixed"))
    yield Case(name="a message that is no multipart", raw=a_mail("one", Content_Type="message/rfc822"))
    yield Case(name="a partial message", raw=a_mail("one", Content_Type="message/partial; number=1; total=2; id=x"))
    yield Case(
        name="a report that is none", raw=a_mail("one", Content_Type="multipart/report; report-type=delivery-status")
    )
    yield Case(name="a multipart in base64", raw=a_multipart(a_part("one"), Content_Transfer_Encoding="base64"))
