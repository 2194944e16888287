"""What is quoted is folded away, in three languages and from many programs; what is new stays."""

from collections.abc import Iterator

from tests.corpus.case import Case
from tests.mails import a_mail

NEW = "It works now."
QUOTED = "> Your ticket has a number.\n> It is long."
INTRODUCTIONS = [
    "On Tue, 24 Nov 2026 at 10:31, e-connect Support Desk <support@e-connect.lu> wrote:",
    "On 24 Nov 2026, at 10:31, e-connect <support@e-connect.lu> wrote:",
    "On 24/11/2026 10:31, e-connect wrote:",
    "Le mar. 24 nov. 2026 à 10:31, e-connect <support@e-connect.lu> a écrit :",
    "Le 24/11/2026 à 10:31, e-connect a écrit :",
    "Le 24 novembre 2026 10:31:00 GMT+01:00, e-connect <support@e-connect.lu> a écrit :",
    "Am Di., 24. Nov. 2026 um 10:31 Uhr schrieb e-connect <support@e-connect.lu>:",
    "Am 24.11.2026 um 10:31 schrieb e-connect:",
]
BLOCKS = [
    "-----Original Message-----\nFrom: e-connect\nSent: Tuesday\nTo: Rita\nSubject: Ticket\n\nYour ticket has a number.",
    "-----Message d'origine-----\nDe : e-connect\nEnvoyé : mardi\nÀ : Rita\nObjet : Ticket\n\nVotre ticket.",
    "-----Ursprüngliche Nachricht-----\nVon: e-connect\nGesendet: Dienstag\nAn: Rita\nBetreff: Ticket\n\nIhr Ticket.",
    "________________________________\nFrom: e-connect <support@e-connect.lu>\nSent: Tuesday\nTo: Rita\nSubject: Ticket\n\nYour ticket.",
    "From: e-connect <support@e-connect.lu>\nSent: Tuesday, 24 November 2026 10:31\nTo: Rita\nSubject: Ticket\n\nYour ticket.",
    "De : e-connect <support@e-connect.lu>\nEnvoyé : mardi 24 novembre 2026 10:31\nÀ : Rita\nObjet : Ticket\n\nVotre ticket.",
    "Von: e-connect <support@e-connect.lu>\nGesendet: Dienstag, 24. November 2026 10:31\nAn: Rita\nBetreff: Ticket\n\nIhr Ticket.",
]
HTML = "text/html; charset=utf-8"


def cases() -> Iterator[Case]:
    for introduction in INTRODUCTIONS:
        yield Case(
            name=f"above: {introduction[:30]}",
            body=NEW,
            raw=a_mail(f"{NEW}\n\n{introduction}\n{QUOTED}", Subject="Re: x"),
        )
        yield Case(
            name=f"below: {introduction[:30]}",
            body=NEW,
            raw=a_mail(f"{introduction}\n{QUOTED}\n\n{NEW}", Subject="Re: x"),
        )
    for block in BLOCKS:
        yield Case(name=f"block: {block[:30]!r}", body=NEW, raw=a_mail(f"{NEW}\n\n{block}", Subject="Re: x"))
    yield Case(name="quoted without a word", body=NEW, raw=a_mail(f"{NEW}\n\n{QUOTED}", Subject="Re: x"))
    between = f"{INTRODUCTIONS[0]}\n> Question one?\n\nYes.\n\n> Question two?\n\nNo."
    yield Case(name="answers between", body=between, raw=a_mail(between, Subject="Re: x"))
    yield Case(name="only a quote", body=QUOTED, raw=a_mail(QUOTED, Subject="Re: x"))
    gmail = f'<div>{NEW}</div><br><div class="gmail_quote"><div>{INTRODUCTIONS[0].replace("<", "&lt;").replace(">", "&gt;")}<br></div><blockquote>Your ticket</blockquote></div>'
    yield Case(name="Gmail's HTML", body=NEW, raw=a_mail(gmail, Content_Type=HTML, Subject="Re: x"))
    passed_on = (
        "Look!\n\n---------- Forwarded message ---------\nFrom: Shop <shop@x.example>\nSubject: Broken\n\nIt is broken."
    )
    yield Case(name="passed on", body=passed_on, raw=a_mail(passed_on, Subject="Fwd: Broken"))
    yield Case(
        name="a text that speaks of mails", body="She wrote:\nall is well", raw=a_mail("She wrote:\nall is well")
    )
    yield Case(name="indentation", body="see:\n    x = 1\n    y = 2", raw=a_mail("see:\n    x = 1\n    y = 2"))
    yield Case(
        name="a text for regular expressions",
        raw=a_mail("On " + "a " * 20_000 + "\n" + "On x wrote" * 2_000 + "From: \n" * 3_000),
    )
    yield Case(name="a wall of quotes", raw=a_mail("> " * 40_000 + "\n" + ">\n" * 20_000))
