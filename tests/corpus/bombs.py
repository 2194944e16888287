"""Mails made to cost: parts, depth, boundaries, compression, recursion. They end in quarantine, or in time."""

from collections.abc import Iterator

from tests.corpus.case import Case
from tests.mails import a_mail, a_multipart, a_part

TOO_MANY = ("quarantined", "too-many-parts")


def nested(depth: int, kind: str = "multipart/mixed") -> bytes:
    lines = [f'Content-Type: {kind}; boundary="n{level}"\n\n--n{level}' for level in range(depth)]
    return a_mail("\n".join(lines) + "\n\nend\n", Content_Type='multipart/mixed; boundary="top"').replace(
        b"\r\n\r\n", b"\r\n\r\n--top\r\n", 1
    )


def rfc822(depth: int) -> bytes:
    return a_mail("Content-Type: message/rfc822\n\n" * depth + "end", Content_Type="message/rfc822")


def cases() -> Iterator[Case]:
    def quarantined(name: str, raw: bytes, reason: str) -> Case:
        return Case(name=name, raw=raw, outcome="quarantined", reason=reason)

    part = a_part("x")
    yield Case(name="190 parts", raw=a_multipart(*[part] * 190))
    yield quarantined("201 parts", a_multipart(*[part] * 201), "too-many-parts")
    yield quarantined("10,000 parts", a_multipart(*[b"\nx"] * 10_000), "too-many-parts")
    yield quarantined("300,000 parts", a_multipart(*[b"\n"] * 300_000), "too-many-parts")
    yield Case(name="20 levels", raw=nested(20))
    yield quarantined("40 levels", nested(40), "too-deep")
    yield quarantined("150 levels", nested(150), "too-deep")
    yield quarantined("10,000 levels", nested(10_000), "too-many-parts")
    yield quarantined("mails inside mails", rfc822(5_000), "too-many-parts")
    yield Case(name="100 mails inside each other", raw=rfc822(100))
    boundaries = "\n".join(f'X: boundary="z{number}"' for number in range(300))
    yield quarantined("300 boundaries", a_mail(boundaries), "too-many-parts")
    hidden = a_multipart(*[part] * 500).replace(b'boundary="b1"', b'boundary*0="b"; boundary*1="1"')
    yield quarantined("500 parts behind a split boundary", hidden, "too-many-parts")
    yield Case(name="unclosed HTML tags", raw=a_mail("<div>" * 50_000, Content_Type="text/html"))
    yield Case(name="half a million of <", raw=a_mail("<" * 500_000, Content_Type="text/html"))
    yield Case(name="unclosed comments", raw=a_mail("<!--" * 50_000, Content_Type="text/html"))
    yield Case(name="attributes", raw=a_mail(f"<p {'a=b ' * 50_000}>x", Content_Type="text/html"))
    yield Case(name="blockquotes", raw=a_mail("<blockquote>" * 5_000 + "x", Content_Type="text/html"))
    yield Case(name="entities", raw=a_mail("&amp;" * 100_000, Content_Type="text/html"))
    yield Case(name="encoded words", raw=a_mail(Subject="=?utf-8?Q?x?= " * 50_000))
    yield Case(name="half encoded words", raw=a_mail(Subject="=?" * 200_000))
    yield Case(name="address brackets", raw=a_mail(To="<" * 100_000))
    yield Case(name="address comments", raw=a_mail(To="(" * 100_000))
    yield Case(name="address quotes", raw=a_mail(To='"\\' * 100_000))
    yield Case(
        name="parameters", raw=a_mail(Content_Type="text/plain; " + "; ".join(f"a*{n}=b" for n in range(20_000)))
    )
    yield Case(name="two megabytes of spaces", raw=a_mail(" " * 2_000_000))
    yield Case(name="two megabytes of empty lines", raw=a_mail("\n" * 2_000_000))
    yield Case(name="a megabyte of >", raw=a_mail(">" * 1_000_000, Content_Type="text/plain; format=flowed"))
