"""What cannot be walked without exhausting the stack is refused before anybody walks it."""

import pytest

from app.core import strict_json
from app.core.problems import Problem

DEPTHS = [strict_json.MAX_DEPTH + 1, *range(100, 1_100, 50)]


@pytest.mark.parametrize("depth", DEPTHS)
def test_no_depth_is_too_much_for_us(depth: int):
    """Python's own limit, about 1,000, is met at other depths by each function that recurses."""
    for opens, closes in ((b"[", b"]"), (b'{"a":', b"}")):
        with pytest.raises(Problem) as refused:
            strict_json.parse(opens * depth + rb'"\u0041"' + closes * depth)
        assert refused.value.code == "malformed-json"


def test_reasonable_depths_are_read():
    depth = strict_json.MAX_DEPTH
    value = strict_json.parse(b"[" * depth + rb'"\u0041"' + b"]" * depth)
    for _ in range(depth):
        (value,) = value
    assert value == "A"
