"""Names of the DNS: the one spelling in which they are stored and compared, and mail domains that name no company."""

from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

# Whoever writes from one of these could be anybody, so none can stand for a client.
_SHARED = """
aol.com bbox.fr bluewin.ch email.lu free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.fr gmx.lu gmx.net
googlemail.com hey.com hotmail.be hotmail.co.uk hotmail.com hotmail.de hotmail.fr hotmail.lu icloud.com internet.lu
laposte.net live.be live.com live.de live.fr live.lu mac.com mail.com mail.de mail.ru me.com msn.com neuf.fr
numericable.fr orange.fr outlook.be outlook.com outlook.de outlook.fr outlook.lu pm.me posteo.de proton.me
protonmail.ch protonmail.com proximus.be pt.lu rocketmail.com sfr.fr skynet.be t-online.de tango.lu telenet.be tuta.io
tutanota.com tutanota.de vo.lu voila.fr wanadoo.fr web.de yahoo.be yahoo.co.uk yahoo.com yahoo.de yahoo.fr yandex.com
yandex.ru ymail.com zoho.com
"""
FREE_MAIL = frozenset(_SHARED.split())


def ascii_form(domain: str) -> str | None:
    """The domain in lower case as the DNS spells it (IDNA), or None when no mail could come from it."""
    try:
        # Whole addresses are what the library checks; this one is as good as any.
        found = validate_email(f"x@{domain.strip()}", check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return found.ascii_domain.lower()


def domain_of(address: str) -> str:
    """The domain of an e-mail address, spelt as clients' domains are stored."""
    return _spelt(address.rpartition("@")[2].lower())


def host_of(url: str) -> str | None:
    """The host a site is known by: without www., spelt as sites' hosts are stored."""
    host = urlsplit(url).hostname
    return _spelt(host.removeprefix("www.")) if host else None


def _spelt(name: str) -> str:
    return name if name.isascii() else ascii_form(name) or name
