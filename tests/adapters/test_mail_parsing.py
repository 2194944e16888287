"""Every mail of the corpus read in this process: what the child reads arrives as it was read."""

import pytest

from app.adapters.mail_child import decode, encode
from app.adapters.mail_parsing import parse
from app.adapters.mail_parts import Unreadable
from tests.corpus import FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_what_was_read_survives_the_way_to_the_parent(family: str):
    changed = []
    for case in FAMILIES[family]:
        try:
            parsed = parse(case.raw)
        except Unreadable:
            continue
        if encode(decode(encode(parsed))) != encode(parsed):
            changed.append(case.name)
    assert changed == []
