"""VAT numbers as the member states write them; asks nobody whether a number is in use."""

import re

from stdnum.eu import vat
from stdnum.exceptions import ValidationError

# The letters before a number are the country's own, but Greece writes Ελλάς, and Monaco's numbers are French.
PREFIXES = {"GR": "EL", "MC": "FR"}
# Northern Ireland has numbers of the EU, yet its clients' country is GB, which has others.
STATES = frozenset(state.upper() for state in vat.MEMBER_STATES) - {"XI"} | {"MC"}
OTHER_NUMBER = re.compile(r"[A-Z0-9]{4,20}", re.ASCII)
SEPARATORS = re.compile(r"[ .\-/]")


def normal_form(country: str, number: str) -> str | None:
    """The number in capitals with its country's prefix and nothing between, or None when it breaks the rules there.

    Outside the EU only the form is looked at: 4 to 20 letters and digits.
    """
    compact = SEPARATORS.sub("", number).upper()
    if country not in STATES:
        return compact if OTHER_NUMBER.fullmatch(compact) else None
    prefix = PREFIXES.get(country, country)
    if not compact.startswith(prefix):
        compact = prefix + compact.removeprefix(country)
    try:
        return str(vat.validate(compact))
    except ValidationError:
        return None
