"""What a refusal carries."""

from app.domain.errors import Refusal


def test_a_refusal_carries_code_detail_and_facts() -> None:
    refusal = Refusal("illegal-move", "A closed ticket cannot wait.", legal=["new"], current="closed")

    assert refusal.code == "illegal-move"
    assert refusal.detail == "A closed ticket cannot wait."
    assert refusal.facts == {"legal": ["new"], "current": "closed"}
    assert str(refusal) == "illegal-move: A closed ticket cannot wait."


def test_a_refusal_without_facts_has_an_empty_dict() -> None:
    assert Refusal("expired", "Too late.").facts == {}
