"""Strong ETags: the version of what is shown, for If-Match, and a hash of all that the answer says.

Some of an answer depends on the day, or on other rows: a tag that stayed the same would keep a reader from it.
"""

import hashlib
import re

VERSION = re.compile(r'"([0-9]+)(?:-[0-9a-f]+)?"')
HASH_DIGITS = 32


def etag_of(body: bytes, version: int | None) -> str:
    """The tag of an answer; without a version when what it shows has none."""
    digest = hashlib.sha256(body).hexdigest()[:HASH_DIGITS]
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'


def names_version(if_match: str, version: int) -> bool:
    """Whether a tag of an If-Match header begins with this version, whatever else it says; `*` names every one."""
    tags = (VERSION.fullmatch(tag.strip()) for tag in if_match.split(","))
    return if_match.strip() == "*" or str(version) in {tag[1] for tag in tags if tag}


def tags_known(if_none_match: str) -> set[str]:
    """What a reader says that it has; weak tags are as good as strong ones here (RFC 9110, 13.1.2)."""
    return {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
