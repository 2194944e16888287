"""Charsets: announced, wrong, unknown, absent, dangerous; and transfer encodings, good and broken."""

import base64
import quopri
from collections.abc import Iterator

from tests.corpus.case import Case
from tests.mails import a_mail

FRENCH = "Où est passé le menu ? Voilà : ça ne marche pas, désolé."
REAL = [
    ("utf-8", FRENCH), ("iso-8859-1", FRENCH), ("iso-8859-15", "Prix: 12 €, œuvre"), ("windows-1252", "“Menu” – 12 €"),
    ("windows-1250", "Příliš žluťoučký"), ("iso-8859-2", "Zażółć gęślą"), ("koi8-r", "Меню не открывается"),
    ("windows-1251", "Меню не открывается"), ("iso-8859-7", "Το μενού δεν ανοίγει"), ("windows-1254", "Menü açılmıyor"),
    ("iso-8859-9", "Menü açılmıyor"), ("windows-1255", "התפריט לא נפתח"), ("iso-8859-8", "התפריט לא נפתח"),
    ("shift_jis", "メニューが開きません"), ("iso-2022-jp", "メニューが開きません"), ("euc-jp", "メニューが開きません"),
    ("gb2312", "菜单打不开"), ("gbk", "菜单打不开"), ("gb18030", "菜单打不开"), ("big5", "選單打不開"),
    ("euc-kr", "메뉴가 열리지 않습니다"), ("ks_c_5601-1987", "메뉴가 열리지 않습니다"), ("tis-620", "เมนูไม่เปิด"),
    ("utf-16", "Menu é"), ("utf-16le", "Menu é"), ("utf-7", "Menu é"), ("mac_roman", "Menu é"), ("macintosh", "Menu é"),
    ("cp437", "Menu é"), ("us-ascii", "The menu is closed"),
]  # fmt: skip
CODECS = {"ks_c_5601-1987": "cp949", "macintosh": "mac_roman", "gb2312": "gb2312"}
# Names that are no charsets, with UTF-8 inside: read as what they are.
WRONG = [
    "utf8", "UTF_8", "utf-8;", "x-unknown", "unknown-8bit", "unicode", "utf8mb4", "default", "none", "8bit", "binary",
    "zlib", "zip", "bz2", "hex", "rot13", "base64", "uu", "quopri", "punycode", "idna", "unicode_escape",
    "raw_unicode_escape", "undefined", "string_escape", "mbcs", "../../etc/passwd", "é", "x" * 500, "\u0000",
]  # fmt: skip


def cases() -> Iterator[Case]:
    for charset, text in REAL:
        content = text.encode(CODECS.get(charset, charset))
        body = base64.encodebytes(content)
        typed = f'text/plain; charset="{charset}"'
        yield Case(
            name=f"{charset} in base64", body=text,
            raw=a_mail(body, Content_Type=typed, Content_Transfer_Encoding="base64"),
        )  # fmt: skip
    for charset in WRONG:
        yield Case(
            name=f"charset {charset[:20]!r}", body=FRENCH,
            raw=a_mail(FRENCH, Content_Type=f'text/plain; charset="{charset}"'),
        )  # fmt: skip
    latin = FRENCH.encode("latin-1")
    yield Case(name="Latin-1 that claims to be UTF-8", body=FRENCH, raw=a_mail(latin))
    yield Case(name="Latin-1 without a charset", body=FRENCH, raw=a_mail(latin, Content_Type=None))
    yield Case(
        name="UTF-8 that claims to be ASCII",
        body=FRENCH,
        raw=a_mail(FRENCH, Content_Type="text/plain; charset=us-ascii"),
    )
    yield Case(
        name="1252 that claims to be Latin-1",
        body="“Menu” €",
        raw=a_mail("“Menu” €".encode("cp1252"), Content_Type="text/plain; charset=iso-8859-1"),
    )
    yield Case(name="a byte order mark", raw=a_mail("\ufeffMenu"), body="\ufeffMenu")
    yield from _transfers()


def _transfers() -> Iterator[Case]:
    encoded = base64.b64encode(FRENCH.encode()).decode()
    plain = "text/plain; charset=utf-8"

    def case(name: str, content: str | bytes, encoding: str | None, body: str | None) -> Case:
        return Case(name=name, body=body, raw=a_mail(content, Content_Type=plain, Content_Transfer_Encoding=encoding))

    yield case("quoted-printable", quopri.encodestring(FRENCH.encode()), "quoted-printable", FRENCH)
    yield case("base64 without padding", encoded.rstrip("="), "base64", FRENCH)
    yield case("base64 with spaces and signs", "  " + encoded[:20] + "!\n *" + encoded[20:], "BASE64", None)
    yield case("base64 cut off", encoded[: len(encoded) - 7], "base64", None)
    yield case("base64 that is none", "Hello, this is no base64 at all.", "base64", None)
    yield case("quoted-printable that is broken", "Menu =ZZ =", "quoted-printable", None)
    yield case("quoted-printable that is none", "100 % = all", "quoted-printable", None)
    yield case("8bit", FRENCH, "8bit", FRENCH)
    yield case("no transfer encoding", FRENCH, None, FRENCH)
    yield case("an unknown transfer encoding", FRENCH, "x-zipped", FRENCH)
    yield case("an empty transfer encoding", FRENCH, "", FRENCH)
    yield case("uuencode", "begin 644 x\n#0V%T\n`\nend\n", "x-uuencode", None)
    yield case("uuencode that is none", "nothing", "x-uuencode", None)
    yield case("control characters and NUL", b"Menu\x00\x01\x07\x1b[2J closed", "8bit", "Menu    [2J closed")
    yield case("direction overrides", "abc\u202edef", "8bit", "abc def")
    yield case("lines ended by CR", b"one\rtwo\rthree", "8bit", "one\ntwo\nthree")
    yield case("an emoji", "Menu 🎉🧿", "8bit", "Menu 🎉🧿")
    yield case("lone surrogates in UTF-8", b"Menu \xed\xa0\x80", "8bit", None)
