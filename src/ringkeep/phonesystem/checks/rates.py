"""What a call costs: whether a costlier trunk is tried before a cheaper one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ringkeep.phonesystem.callflow import Stop, follow
from ringkeep.phonesystem.checks.finding import Finding
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.checks.outbound import phone_contexts, route_title
from ringkeep.phonesystem.checks.shapes import ANY, DIGITS, Shape, example, shape_of
from ringkeep.phonesystem.model import OutboundRoute
from ringkeep.phonesystem.sentences import Sentence

PREFIXES = 60  # of a rate table tried with each pattern; the longest tables have tens of thousands
CALLS = 2_000  # walks in all


class BadRates(ValueError):
    """The table cannot be read; the text says which line and why."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A price per minute for numbers that begin with a prefix."""

    prefix: str  # digits as the carrier sees them; "" for any number
    trunk: str
    price: Decimal  # in the table's own currency


def read_rates(text: str) -> tuple[Rate, ...]:
    """A CSV of prefix,trunk,price with or without a heading. Raises BadRates."""
    delimiter = ";" if text.partition("\n")[0].count(";") >= 2 else ","
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=None), delimiter=delimiter)
    rates: list[Rate] = []
    try:
        for line, row in enumerate(rows, 1):
            words = [word.strip() for word in row]
            if any(words) and not words[0].startswith("#") and (rate := _rate(words, line)):
                rates.append(rate)
    except csv.Error as error:
        raise BadRates(f"line {rows.line_num}: {error}") from error
    return tuple(rates)


def _rate(words: list[str], line: int) -> Rate | None:
    """One row; None for a heading. Raises BadRates."""
    if len(words) < 3:
        raise BadRates(f"line {line}: prefix,trunk,price is wanted, not {len(words)} columns")
    prefix = re.sub(r"[\s()+-]", "", words[0]).removesuffix("*").removesuffix("x")
    try:
        price = Decimal(words[2].replace(",", ".")) if len(words[2]) < 30 else Decimal("NaN")
    except InvalidOperation:
        price = Decimal("NaN")
    if price.is_finite() and price >= 0 and abs(price.adjusted()) < 30 and re.fullmatch(r"[0-9]*", prefix):
        return Rate(prefix, words[1], price)
    if line == 1 and not re.search(r"[0-9]", words[2]):
        return None
    raise BadRates(f"line {line}: {words[0][:30]!r},{words[2][:30]!r} is no prefix and price")


class Tariff:
    """Rates by trunk, looked up by the longest prefix."""

    def __init__(self, rates: Sequence[Rate]) -> None:
        self._table = {(rate.trunk.lower(), rate.prefix): rate.price for rate in rates}
        self.prefixes = sorted({rate.prefix for rate in rates}, key=lambda prefix: (-len(prefix), prefix))

    def price(self, trunk: str, number: str) -> tuple[str, Decimal] | None:
        """(prefix, price) for a number as that trunk's carrier sees it."""
        for plain in dict.fromkeys((number.lstrip("+"), re.sub(r"^(\+|00|011)", "", number))):
            for length in range(min(len(plain), 20), -1, -1):
                found = self._table.get((trunk.lower(), plain[:length]))
                if found is not None:
                    return plain[:length], found
        return None


def advise_rates(known: Known, rates: Sequence[Rate]) -> Iterator[Finding]:
    """Every route with sample numbers of the table's prefixes: which trunk is tried first, and which is cheapest."""
    if not rates:
        return
    tariff = Tariff(rates)
    told: set[tuple[str, str, str]] = set()
    calls = 0
    for context in phone_contexts(known):
        homes = {c.name for c in known.system.dialplan.includes_of(context)}
        for route in known.system.outbound_routes:
            if route.context not in homes or len(route.trunks) < 2:
                continue
            for number in _samples(route, tariff):
                calls += 1
                if calls > CALLS:
                    return
                finding = _dearer(known, number, context, tariff, route)
                if (
                    finding is not None
                    and (key := (route_title(route), finding.subject, str(finding.place))) not in told
                ):
                    told.add(key)
                    yield finding


def _samples(route: OutboundRoute, tariff: Tariff) -> Iterator[str]:
    """Numbers that the route takes: an ordinary one, and one for each prefix wherever the route's digits allow it."""
    for pattern in dict.fromkeys((route.pattern, *(p.pattern for p in route.patterns if p.caller is None))):
        shape = shape_of(pattern)
        yield example(shape)
        for prefix in [p for p in tariff.prefixes if p][:PREFIXES]:
            for start in range(6):
                if number := _laid(shape, prefix, start):
                    yield number
            for cut in range(1, min(len(prefix), 5)):  # the route itself puts the first digits in front
                if number := _laid(shape, prefix[cut:], 0):
                    yield number


def _laid(shape: Shape, digits: str, start: int) -> str | None:
    """A number of the shape with those digits from `start` on; None when it allows them not."""
    size = start + len(digits)
    places = shape.places
    if len(places) < size:
        if not shape.open:
            return None
        places = (*places, *(DIGITS,) * (size - len(places)))
    if any(digit not in places[start + n] for n, digit in enumerate(digits)):
        return None
    if any(place == ANY or len(place) > 9 for place in places[:start]) and start > 3:
        return None
    fixed = tuple(frozenset(digits[n - start]) if start <= n < size else place for n, place in enumerate(places))
    return example(Shape(fixed, shape.open))


def _dearer(known: Known, number: str, context: str, tariff: Tariff, route: OutboundRoute) -> Finding | None:
    tries: list[Stop] = []

    def busy(stop: Stop) -> str:
        if stop.kind == "outbound":
            tries.append(stop)
        return "unavailable"

    follow(known.system, number, context, at=known.noon, outcome=busy)
    priced = [(stop, found) for stop in tries if (found := tariff.price(stop.name, stop.number or ""))]
    if len(priced) < 2:
        return None
    first, (prefix, price) = priced[0]
    cheapest, (_, least) = min(priced, key=lambda one: one[1][1])
    if least >= price:
        return None
    says = Sentence(
        "route {route} sends calls to {prefix} over {first} at {price}, though {other} takes {least}: {more} more a minute",
        {
            "route": route_title(route), "prefix": f"{prefix}…" if prefix else number, "first": first.name,
            "price": _money(price), "other": cheapest.name, "least": _money(least), "more": _money(price - least),
        },
    )  # fmt: skip
    return Finding("route-dearer", "degraded", first.place, says, prefix)


def _money(price: Decimal) -> str:
    text = format(price, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
