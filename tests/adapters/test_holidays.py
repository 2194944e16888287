"""The library against the law (rule H1): dates worked out by hand, Easter by an independent rule."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.adapters.holidays import public_holidays
from app.domain.calendar import OpeningHours, open_minutes


def easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian computus (Meeus)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), g = divmod(b, 4), (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    el = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * el) // 433
    month = (h + el - 7 * m + 90) // 25
    return date(year, month, (h + el - 7 * m + 33 * month + 19) % 32)


def by_law(year: int) -> set[date]:
    """Code du travail, art. L. 232-2: ten days, and 9 May since 2019."""
    fixed = {(1, 1), (5, 1), (6, 23), (8, 15), (11, 1), (12, 25), (12, 26)} | ({(5, 9)} if year >= 2019 else set())
    moving = {easter(year) + timedelta(days=days) for days in (1, 39, 50)}
    return {date(year, month, day) for month, day in fixed} | moving


@pytest.mark.parametrize("year", range(2015, 2036))
def test_the_dates_are_those_of_the_law(year: int) -> None:
    days = [day for day, _ in public_holidays(year)]
    assert days == sorted(by_law(year))


@pytest.mark.parametrize(("year", "number"), [(2018, 10), (2019, 11), (2024, 10), (2026, 11)])
def test_how_many_there_are(year: int, number: int) -> None:
    # In 2024 Ascension and Europe Day share 9 May.
    assert len(public_holidays(year)) == number


def test_names_in_four_languages() -> None:
    assert dict(public_holidays(2026))[date(2026, 6, 23)] == {
        "fr": "Fête nationale",
        "en": "National Day",
        "de": "Nationalfeiertag",
        "lb": "Nationalfeierdag",
    }
    assert dict(public_holidays(2024))[date(2024, 5, 9)]["fr"] == "Ascension; Jour de l'Europe"


def test_a_sunday_holiday_is_not_moved() -> None:
    # 1 November 2026 is a Sunday; the Monday after is a working day.
    days = [day for day, _ in public_holidays(2026)]
    assert date(2026, 11, 1) in days
    assert date(2026, 11, 2) not in days


def test_the_desk_s_year_2026() -> None:
    # 261 weekdays in 2026. Holidays on weekdays: 1 Jan Thu, 6 Apr Mon, 1 May Fri, 14 May Thu, 25 May Mon,
    # 23 Jun Tue, 25 Dec Fri = 7 (9 May, 15 Aug, 26 Dec are Saturdays, 1 Nov a Sunday): 254 days of 9 hours.
    hours = OpeningHours(closed_on=frozenset(day for day, _ in public_holidays(2026)))
    start, end = datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert open_minutes(hours, start, end) == 254 * 540
