"""JSON as clients should send it: UTF-8, no duplicate keys, no NaN, no absurd numbers, no unstorable text."""

import json
from typing import Any

from app.core.problems import FieldError, Problem, error_at

MAX_DIGITS = 19
# Far more than any shape has, and far less than would exhaust the stack of whoever walks the value later.
MAX_DEPTH = 64
NUL = "\x00"
SURROGATES = ("\ud800", "\udfff")


class TooManyDigitsError(ValueError):
    """An integer no field could hold."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise Problem("malformed-json", "The body has the same key twice.")
    return document


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS + 1:
        raise TooManyDigitsError
    return int(digits)


def _refuse_constant(_name: str) -> None:
    raise Problem("malformed-json", "NaN and Infinity are not JSON.")


_STRICT = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_refuse_constant)


def parse(raw: bytes) -> Any:
    """The value in `raw`.

    Raises:
        Problem: `malformed-json` (400) or, for text or numbers no field can hold, `invalid-request` (422).
    """
    try:
        value = _STRICT.decode(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise Problem("malformed-json", "The body is not UTF-8.") from None
    except TooManyDigitsError:
        error = error_at("", "number-too-long", f"Numbers have at most {MAX_DIGITS} digits.")
        raise Problem("invalid-request", error.message, errors=[error]) from None
    except ValueError:
        raise Problem("malformed-json", "The body is not well-formed JSON.") from None
    except RecursionError:
        raise _too_deep() from None
    if _deeper_than(value, MAX_DEPTH):
        raise _too_deep()
    # Only an escape can smuggle in NUL or half a character: raw ones were refused above.
    if b"\\u" in raw:
        errors = list(_unstorable(value, ""))
        if errors:
            raise Problem("invalid-request", errors[0].message, errors=errors[:10])
    return value


def _too_deep() -> Problem:
    return Problem("malformed-json", "The body is nested too deeply.")


def _deeper_than(value: Any, depth: int) -> bool:
    """Level by level, because recursion is what it guards against."""
    level = [value]
    for _ in range(depth):
        if not level:
            return False
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(value, dict | list) for value in level)


def unstorable(text: str) -> bool:
    """Whether the text holds NUL or a lone surrogate, which no database column can keep."""
    return NUL in text or any(SURROGATES[0] <= character <= SURROGATES[1] for character in text)


def _unstorable(value: Any, pointer: str) -> list[FieldError]:
    match value:
        case str():
            return [_error(pointer)] if unstorable(value) else []
        case list():
            return [error for i, item in enumerate(value) for error in _unstorable(item, f"{pointer}/{i}")]
        case dict():
            if any(unstorable(key) for key in value):
                return [_error(pointer)]
            return [e for k, item in value.items() for e in _unstorable(item, f"{pointer}/{escape(k)}")]
        case _:
            return []


def _error(pointer: str) -> FieldError:
    return error_at(pointer, "text-unstorable", "NUL and lone surrogates are not text.")


def escape(key: str) -> str:
    """One part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
