"""Multipart forms, as strictly as JSON: complete, in UTF-8, no field twice, bounded in size and number."""

import hashlib
from collections.abc import Collection, Iterator
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.core import strict_json
from app.core.problems import Problem, error_at

KIBIBYTE = 1024
FORM_LIMIT = 64 * KIBIBYTE
FILES_LIMIT = 20 * KIBIBYTE * KIBIBYTE
MOST_FILES = 10
MOST_FIELDS = 40
LARGEST_PART_HEAD = 8 * KIBIBYTE
# A form has no booleans: a ticked box says on, a script says true.
TICKED: dict[str, Any] = {"true": True, "on": True, "false": False}


class File:
    """An uploaded file, in memory: the body's limit bounds it."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.content = content
        self.sha256 = hashlib.sha256(content).hexdigest()


class StrictParser(MultiPartParser):
    """Starlette's parser would also take half a form, and text of any encoding."""

    complete = False
    field_bytes = 0
    head_bytes = 0

    def on_part_begin(self) -> None:
        """Whatever charset the header claims, a form is UTF-8."""
        super().on_part_begin()
        self._charset = "utf-8"
        self.head_bytes = 0

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        """Part of a header's name."""
        self._count_head(end - start)
        super().on_header_field(data, start, end)

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        """Part of a header's value."""
        self._count_head(end - start)
        super().on_header_value(data, start, end)

    def _count_head(self, more_bytes: int) -> None:
        """Starlette would keep a part's headers whatever their size and number."""
        self.head_bytes += more_bytes + 1
        if self.head_bytes > LARGEST_PART_HEAD:
            raise Problem("malformed-form", "The headers of a part are too large.")

    def on_headers_finished(self) -> None:
        """A part begins: one file more, or a field."""
        super().on_headers_finished()
        if self._current_files > MOST_FILES:
            raise Problem("too-many-files", most_files=MOST_FILES)

    def on_part_end(self) -> None:
        """Refuse text that is not UTF-8, and more of it than a form may hold."""
        part = self._current_part
        if part.file is None:
            self.field_bytes += len(part.data)
            if self.field_bytes > FORM_LIMIT:
                raise Problem("request-too-large", limit_bytes=FORM_LIMIT)
            try:
                part.data.decode("utf-8")
            except UnicodeDecodeError:
                raise Problem("malformed-form", "The form is not UTF-8.") from None
        super().on_part_end()

    def on_end(self) -> None:
        """The last boundary was there: nothing is cut off."""
        self.complete = True


async def read_form(request: Request, booleans: Collection[str]) -> tuple[dict[str, Any], list[File]]:
    """A multipart form as the JSON document it stands for, and its files.

    Raises:
        Problem: `malformed-form` (400), `request-too-large` (413), `invalid-request`, `too-many-files` (422).
    """
    parser = StrictParser(
        request.headers, request.stream(), max_files=MOST_FILES + 1, max_fields=MOST_FIELDS, max_part_size=FORM_LIMIT
    )
    form: FormData | None = None
    try:
        form = await parser.parse()
        if not parser.complete:
            raise Problem("malformed-form", "The form is cut off.")
        return dict(_fields(form, booleans)), [file async for file in _files(form)]
    except MultiPartException:
        raise Problem("malformed-form") from None
    finally:
        if form is not None:
            await form.close()
        for unfinished in parser._files_to_close_on_error:  # noqa: SLF001 (of a form that is cut off in a file)
            unfinished.close()


async def _files(form: FormData) -> Any:
    for name, value in form.multi_items():
        if name == "attachments" and isinstance(value, UploadFile) and value.filename:
            yield File(value.filename, await value.read())


def _fields(form: FormData, booleans: Collection[str]) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for name, value in form.multi_items():
        if not isinstance(value, str):
            if name != "attachments":
                raise Problem("invalid-request", errors=[error_at("", "file-unexpected", "Files go to `attachments`.")])
            continue
        if name in seen:
            raise Problem("malformed-form", "The form has the same field twice.")
        if strict_json.unstorable(value) or strict_json.unstorable(name):
            raise Problem("invalid-request", errors=[error_at("", "text-unstorable", "NUL is not text.")])
        seen.add(name)
        if value:
            yield name, TICKED.get(value, value) if name in booleans else value
