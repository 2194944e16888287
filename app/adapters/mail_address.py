"""An address as it may stand in a header and on an SMTP command line: printable ASCII, one plain mailbox."""

import re

import idna

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_MAX_LOCAL, _MAX_ADDRESS = 64, 254  # octets, RFC 5321 section 4.5.3.1


class Unmailable(ValueError):  # noqa: N818 - the mail is at fault, the program is not
    """A mail that must not be built or sent: trying again cannot help."""


def ascii_address(address: str) -> str:
    """The address with its domain in ASCII (IDNA 2008), unchanged otherwise.

    Raises `Unmailable` for anything that is not exactly one plain mailbox: quoting, comments, literals,
    controls, a local part outside ASCII, and the beginning of an encoded word (`=?`), which some parsers
    decode into headers.
    """
    local, _, domain = address.rpartition("@")
    if not _LOCAL_PART.fullmatch(local) or "=?" in local or len(local) > _MAX_LOCAL:
        raise Unmailable("The part before the @ of the address cannot be written to.")
    return f"{local}@{_ascii_domain(domain, _MAX_ADDRESS - len(local) - 1)}"


def _ascii_domain(domain: str, room: int) -> str:
    if len(domain) <= room and not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise Unmailable("The domain of the address does not exist in any alphabet.") from error
    if not _DOMAIN.fullmatch(domain) or len(domain) > room:
        raise Unmailable("The domain of the address is not a domain name.")
    return domain
