"""Luxembourg's legal public holidays (rule H1), as the `holidays` library knows them."""

from datetime import date

LANGUAGES = {"fr": "fr", "en": "en_US", "de": "de", "lb": "lb"}


def public_holidays(year: int) -> list[tuple[date, dict[str, str]]]:
    """Every date of `year` that is a legal public holiday, in order, with its name in fr, en, de and lb.

    Only the PUBLIC category: the days on which banks alone are shut are not the law. A holiday on a Sunday
    is not moved. Two holidays on one date (9 May 2024: Ascension and Europe Day) are one row naming both.
    """
    import holidays  # noqa: PLC0415 (a hundred countries: only who writes the table pays for them)

    by_language = {
        ours: holidays.country_holidays("LU", years=year, language=theirs, categories=(holidays.PUBLIC,))
        for ours, theirs in LANGUAGES.items()
    }
    return [
        (day, {language: table[day] for language, table in by_language.items()}) for day in sorted(by_language["fr"])
    ]
