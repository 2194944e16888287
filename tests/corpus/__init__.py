"""Nasty mails, made by code, each with what must become of it."""

from tests.corpus import bombs, charsets, headers, machines, quotes, structures
from tests.corpus.case import Case

FAMILIES: dict[str, list[Case]] = {
    family.__name__.rpartition(".")[2]: list(family.cases())
    for family in (charsets, headers, structures, quotes, machines, bombs)
}
