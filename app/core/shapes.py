"""Types of fields that clients send: strict about kind, strict about text, and each with its stable error code."""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    Strict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from app.core.domain_names import ascii_form
from app.domain.countries import COUNTRIES

INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
LOCAL_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
DIGITS = re.compile(r"[0-9]{1,10}")
PHONE = re.compile(r"\+?[0-9 ()./\-]{3,30}", re.ASCII)
FIRST_YEAR, LAST_YEAR = 2000, 2100
INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Me", "Mn", "Zl", "Zp", "Zs"}
BLANK_LETTERS = set("\u115f\u1160\u2800\u3164\uffa0")  # Hangul fillers and Braille's blank: letters without ink
# Unicode's Cc and Cs, but for the two that belong into a text of several lines.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
SMALLEST_PHONE = 3
LONGEST_ADDRESS = 254


class In(BaseModel):
    """What a client sends: unknown fields are refused, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Patch(In):
    """A partial change: only the fields that were sent count (`model_fields_set`)."""

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, with their values."""
        return self.model_dump(include=self.model_fields_set)


def unsent() -> Any:
    """For a field of a Patch: it may be left out, and then the documentation claims no default for it."""
    return Field(default_factory=lambda: None)


class Out(BaseModel):
    """What a client gets: every field always there."""

    model_config = ConfigDict(frozen=True, from_attributes=False)


def _visible(text: str) -> str:
    if text[:1].isascii() and text[:1].isprintable() and not text[:1].isspace():
        return text
    if all(unicodedata.category(character) in INVISIBLE or character in BLANK_LETTERS for character in text):
        raise PydanticCustomError("text_blank", "There must be something to read.")
    return text


def _one_line(text: str) -> str:
    if not text.isprintable() and any(unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"} for c in text):
        raise PydanticCustomError("text_control", "Line breaks and control characters do not belong here.")
    return _visible(text)


def _many_lines(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if CONTROL.search(text):
        raise PydanticCustomError("text_control", "Control characters do not belong here.")
    return _visible(text)


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_one_line)]
Paragraphs = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_many_lines)]


# What nearly every address looks like. The validator takes ten times as long as this pattern, and agrees with it.
PLAIN_ADDRESS = re.compile(
    r"([a-z0-9_+\-]+(?:\.[a-z0-9_+\-]+)*)@((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63})", re.ASCII | re.IGNORECASE
)
LONGEST_LOCAL_PART, LONGEST_LABEL = 64, 63
NOT_PUBLIC = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)


def plain_address(text: str) -> str | None:
    """The address as the validator would give it back; None when that has to be asked."""
    match = PLAIN_ADDRESS.fullmatch(text)
    if match is None or len(match[1]) > LONGEST_LOCAL_PART or len(text) > LONGEST_ADDRESS:
        return None
    domain = match[2].lower()
    # Labels like xn--… are another alphabet in disguise.
    if "--" in domain or f".{domain}".endswith(NOT_PUBLIC) or max(map(len, domain.split("."))) > LONGEST_LABEL:
        return None
    return f"{match[1]}@{domain}"


def _email(text: str) -> str:
    plain = plain_address(text)
    if plain is not None:
        return plain
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, allow_display_name=False)
    except EmailNotValidError:
        raise PydanticCustomError("email_invalid", "This is not an e-mail address.") from None
    return found.normalized


Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_ADDRESS),
    AfterValidator(_email),
    Field(json_schema_extra={"format": "email"}),
]


def _phone(text: str) -> str:
    digits = re.sub(r"[ ()./\-]", "", text)
    if not PHONE.fullmatch(text) or not SMALLEST_PHONE <= len(digits) <= 16:  # noqa: PLR2004 (E.164: + and 15 digits)
        raise PydanticCustomError("phone_invalid", "A telephone number has digits, spaces and one leading +.")
    return digits


Phone = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_phone)]


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise PydanticCustomError("instant_invalid", "Give an instant with its offset: 2026-11-22T20:07:36Z.")
    try:
        moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("instant_invalid", "There is no such instant.") from None
    if not FIRST_YEAR <= moment.year < LAST_YEAR:
        raise PydanticCustomError("instant_out_of_range", "The year must lie between 2000 and 2099.")
    return moment


Instant = Annotated[datetime, BeforeValidator(_instant), Field(json_schema_extra={"format": "date-time"})]


def _local_date(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not LOCAL_DATE.fullmatch(value):
        raise PydanticCustomError("date_invalid", "Give a date as YYYY-MM-DD.")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("date_invalid", "There is no such day.") from None
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise PydanticCustomError("date_out_of_range", "The year must lie between 2000 and 2099.")
    return day


LocalDate = Annotated[date, BeforeValidator(_local_date)]


def _digits(value: Any) -> Any:
    if isinstance(value, str) and not DIGITS.fullmatch(value):
        raise PydanticCustomError("int_parsing", "This must be an integer.")
    return value


# For a number in a query, after its bounds: pydantic would also take 1.0, 1_0 and blanks around it.
WHOLE_NUMBER = BeforeValidator(_digits)
Minutes = Annotated[int, Strict(), Field(ge=1, le=1_000_000)]
Cents = Annotated[int, Strict(), Field(ge=0, le=100_000_000)]
BasisPoints = Annotated[int, Strict(), Field(ge=0, le=10_000)]
Bool = Annotated[bool, Strict()]
Language = Literal["fr", "en", "de"]


def _country(code: str) -> str:
    if code not in COUNTRIES:
        raise PydanticCustomError("country_unknown", "This is not one of the two-letter codes of ISO 3166-1.")
    return code


Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_country)]

LONGEST_URL = 500
_http_url: Final = TypeAdapter(HttpUrl)


def _web_address(text: str) -> str:
    """The address as browsers write it: scheme and host in lower case, host in the DNS's spelling."""
    try:
        url = _http_url.validate_python(text)
    except ValidationError:
        raise PydanticCustomError("url_invalid", "This is not an http or https address.") from None
    # Two spellings of one host would be two sites; userinfo would be a password in a list.
    if url.username or url.password or url.host is None or ascii_form(url.host) != url.host:
        raise PydanticCustomError("url_invalid", "A web address has a public host name and no password.")
    if len(str(url)) > LONGEST_URL:
        raise PydanticCustomError("url_too_long", "Written out, this address is longer than 500 characters.")
    return str(url)


WebAddress = Annotated[
    Line,
    Field(max_length=LONGEST_URL, json_schema_extra={"format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?:"}),
    AfterValidator(_web_address),
]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


InstantOut = Annotated[datetime, AfterValidator(_utc)]
