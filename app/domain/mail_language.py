"""Which of the desk's three languages a text is written in, by its most common little words."""

import re
from typing import Literal

Language = Literal["fr", "en", "de"]

_FRENCH = """
le la les un une des du de et est sont nous vous je il elle ce cette ces pour pas plus avec dans sur que qui bonjour
merci ne notre votre mais depuis cordialement salutations peut pouvez avons être été au aux se
"""
_ENGLISH = """
the a an of and is are we you i it this that these for not with in on to our your but since hello thanks thank please
can could have has been was were regards kind do does would there when from my
"""
_GERMAN = """
der die das ein eine einen und ist sind wir sie ich es dieser diese dieses für nicht mit in auf zu unser unsere ihr ihre
aber seit hallo danke bitte können haben hat wurde werden grüße grüßen freundlichen guten tag von dem den im am bei kein
keine
"""
_WORDS: dict[Language, frozenset[str]] = {
    "fr": frozenset(_FRENCH.casefold().split()),
    "en": frozenset(_ENGLISH.casefold().split()),
    "de": frozenset(_GERMAN.casefold().split()),
}
_WORD = re.compile(r"[^\W\d_]+")
_READ = 4_000
_SURE = 2


def language_of(text: str) -> Language | None:
    """The language with the most little words, None when fewer than two are found or two languages are level."""
    words = _WORD.findall(text[:_READ].casefold())
    counts = {language: sum(map(little.__contains__, words)) for language, little in _WORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    if counts[best] < _SURE or list(counts.values()).count(counts[best]) > 1:
        return None
    return best
