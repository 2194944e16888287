"""Integer cents: one function multiplies minutes by a rate, one function rounds (rule P1).

Rates are cents for an hour of 60 minutes, percentages are basis points (1 % = 100 bp).
"""

MINUTES_PER_HOUR = 60
FULL_BP = 10_000


def round_half_up(numerator: int, denominator: int) -> int:
    """The whole number nearest to the exact fraction; a half goes away from zero (P1, I5).

    So 0.5 becomes 1 and -0.5 becomes -1: what is given back is exactly what was charged. The denominator is
    positive.
    """
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def amount_cents(minutes: int, hourly_rate_cents: int, discount_bp: int = 0) -> int:
    """What minutes cost at an hourly rate less a discount, in cents, rounded once (P1)."""
    exact = minutes * hourly_rate_cents * (FULL_BP - discount_bp)
    return round_half_up(exact, MINUTES_PER_HOUR * FULL_BP)


def discounted_cents(cents: int, discount_bp: int) -> int:
    """An amount or a rate in cents less a discount, rounded once."""
    return round_half_up(cents * (FULL_BP - discount_bp), FULL_BP)


def percentage_cents(base_cents: int, rate_bp: int) -> int:
    """So many basis points of an amount in cents, rounded once: the VAT on a sum of lines (I5)."""
    return round_half_up(base_cents * rate_bp, FULL_BP)


def share_cents(total_cents: int, before: int, part: int, whole: int) -> int:
    """The cents of `part` out of `whole` when `before` have had theirs already (C6).

    Successive shares add up to the total exactly once the whole is reached, however it is cut.
    """
    upto = round_half_up(total_cents * (before + part), whole)
    return upto - round_half_up(total_cents * before, whole)


def decimal_text(cents: int) -> str:
    """Cents as people read them, for explanations: 11400 is `114.00`."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02d}"
