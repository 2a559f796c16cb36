"""What stands in `$[ ... ]`, computed with the types, precedence and oddities of Asterisk's main/ast_expr2.y and .fl.

Pure. Asterisk computes in the C type `long double` and prints 18 digits; we compute decimally with more and print 18.
A quoted string keeps its quotes in comparisons, so that `"1" = 1` is false. Checked against Asterisk 16 and 22.
"""

from __future__ import annotations

import decimal
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ringkeep.asterisk import regexes
from ringkeep.asterisk.unknowable import Unknowable

Function = Callable[[str, str], str]

DEPTH_LIMIT = 200
SUBJECT_LIMIT = 2000
NUMBERS = decimal.Context(prec=26, Emax=5000, Emin=-5000, traps=[decimal.DivisionByZero, decimal.InvalidOperation, decimal.Overflow])  # fmt: skip
INT_MAX = Decimal(2147483647)  # what a division by zero gives
ZERO = Decimal(0)
# Anything else is passed over, as flex does with what no rule takes.
TOKEN = re.compile(
    r'(?P<quoted>"[^"]*")|(?P<operator>\|\|?|&&?|==?(?!~)|=~|~~|[<>!]=?|::?|[-+*/%,?()])|'
    r"(?P<word>(?:[a-zA-Z0-9.';\\_^#@\u0080-\U0010ffff]|\$[^{])+)",
    re.S,
)
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
BINDING = {
    "?": 1, "|": 2, "||": 2, "&": 3, "&&": 3, "=": 4, "==": 4, "!=": 4, "<": 4, ">": 4, "<=": 4, ">=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, ":": 8, "=~": 8, "~~": 8,
}  # fmt: skip
UNARY = 7


class _Syntax(Exception):
    pass


@dataclass(slots=True)
class _Value:
    """A number, a text that reads as a number, or a text."""

    kind: str  # number numeric text
    number: Decimal = ZERO
    text: str = ""

    def to_number(self) -> bool:
        """Become a number; False for a text, which stays."""
        if self.kind == "numeric":
            match = NUMBER.match(self.text)
            self.kind, self.number = "number", NUMBERS.create_decimal(match[0][:4000]) if match else ZERO
        return self.kind == "number"

    def to_text(self) -> str:
        """Become a text."""
        if self.kind == "number":
            self.kind, self.text = "text", number_text(self.number)
        return self.text

    def stripped(self) -> str:
        """As a text; when quotes enclose it, without any quote."""
        text = self.to_text()
        return text.replace('"', "") if text[:1] == '"' == text[-1:] else text

    @property
    def is_nothing(self) -> bool:
        """Empty or zero, as `&` and `|` see it."""
        return (self.kind != "number" and not self.text) or (self.to_number() and not self.number)


def compute(text: str, function: Function | None) -> str:
    """The value of an expression, already substituted; `function` reads `NAME(arguments)` in it.

    Wrong syntax gives what Asterisk gives: what it had computed until then, or 0. Raises `Unknowable`.
    """
    tokens = [(match.lastgroup or "", match[0]) for match in TOKEN.finditer(text)]
    if not tokens or (tokens[0][0] == "operator" and tokens[0][1] not in ("(", "-", "!")):
        return ""
    try:
        return _Parser(tokens, function).expression(1, 0).to_text()
    except regexes.TooCostly as error:
        raise Unknowable("a search too long to follow") from error
    except (_Syntax, ArithmeticError):
        return "0"


def number_text(number: Decimal) -> str:
    """A number as C's %.18Lg writes it."""
    if number.is_nan():
        return "nan"
    if number.is_infinite():
        return "inf" if number > 0 else "-inf"
    if not number:
        return "-0" if number.is_signed() else "0"
    rounded = decimal.Context(prec=18, Emax=99999, Emin=-99999).create_decimal(number)
    exponent = rounded.adjusted()
    digits = "".join(map(str, rounded.as_tuple().digits)).rstrip("0")
    sign = "-" if rounded.is_signed() else ""
    if exponent < -4 or exponent >= 18:
        tail = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{tail}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole, rest = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    return f"{sign}{whole}.{rest}" if rest else sign + whole


@dataclass(slots=True)
class _Parser:
    """Precedence climbing over the operators of ast_expr2."""

    tokens: list[tuple[str, str]]
    function: Function | None
    position: int = 0

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("", "")

    def expression(self, least: int, depth: int) -> _Value:
        if depth > DEPTH_LIMIT:
            raise _Syntax
        left = self._primary(depth)
        while (token := self._peek())[0] == "operator" and BINDING.get(token[1], 0) >= least:
            operator = token[1]
            self.position += 1
            if operator == "?":
                left = self._chosen(left, depth)
            else:
                left = _apply(operator, left, self.expression(BINDING[operator] + 1, depth + 1))
        return left

    def _chosen(self, condition: _Value, depth: int) -> _Value:
        yes = self.expression(1, depth + 1)
        if self._peek() != ("operator", "::"):
            raise _Syntax
        self.position += 1
        no = self.expression(2, depth + 1)
        if condition.kind == "text":
            return no if condition.text in ("", '""', "0") else yes
        condition.to_number()
        return yes if condition.number else no

    def _primary(self, depth: int) -> _Value:
        kind, text = self._peek()
        self.position += 1
        if kind in ("quoted", "word"):
            value = _Value("numeric" if NUMBER.fullmatch(text) else "text", text=text)
            return self._called(value, depth) if self._peek() == ("operator", "(") else value
        if text == "(":
            value = self.expression(1, depth + 1)
            self._close()
            return value
        if text == "-":
            value = self.expression(UNARY, depth + 1)
            return _number(value.number.copy_negate()) if value.to_number() else _number(ZERO)
        if text == "!":
            return _number(Decimal(not _complement(self.expression(UNARY, depth + 1))))
        raise _Syntax

    def _close(self) -> None:
        if self._peek() != ("operator", ")"):
            raise _Syntax
        self.position += 1

    def _called(self, name: _Value, depth: int) -> _Value:
        """`NAME(a, b)`: a function of mathematics, or one of the dialplan."""
        self.position += 1
        arguments = [self.expression(1, depth + 1)]
        while self._peek() == ("operator", ","):
            self.position += 1
            nothing = self._peek() in (("operator", ","), ("operator", ")"))
            arguments.append(_Value("text") if nothing else self.expression(1, depth + 1))
        self._close()
        if name.kind != "text":
            return _number(ZERO)
        if name.text in MATHEMATICS:
            return _number(_mathematics(name.text, arguments))
        if self.function is None:
            return _number(ZERO)
        text = self.function(name.text, ",".join(one.to_text() for one in arguments))
        if not re.fullmatch(r"[-0-9. \t]*", text):
            return _text(text)
        match = re.match(r"[ \t]*(-?(?:[0-9]+\.?[0-9]*|\.[0-9]+))", text)
        return _number(
            NUMBERS.create_decimal(match[1][:4000]) if match else ZERO
        )  # nothing is 0, as is an unknown function


def _number(number: Decimal) -> _Value:
    return _Value("number", number)


def _text(text: str) -> _Value:
    """A text that came out of a computation (make_str)."""
    return _Value("numeric" if re.fullmatch(r"[0-9.]+", text) else "text", text=text)


def _complement(value: _Value) -> bool:
    """What `!` takes for true."""
    if value.kind == "number":
        return bool(value.number)
    match = re.match(r"\s*([-+]?[0-9]{1,30})", value.text)
    return value.text not in ("", "0") and match is not None and bool(int(match[1]))


COMPARE: dict[str, Callable[[int], bool]] = {
    "=": lambda order: order == 0, "==": lambda order: order == 0, "!=": lambda order: order != 0,
    "<": lambda order: order < 0, ">": lambda order: order > 0, "<=": lambda order: order <= 0,
    ">=": lambda order: order >= 0,
}  # fmt: skip


def _apply(operator: str, left: _Value, right: _Value) -> _Value:
    if operator in ("|", "||"):
        return right if left.is_nothing else left
    if operator in ("&", "&&"):
        return _number(ZERO) if left.is_nothing or right.is_nothing else left
    if operator in COMPARE:
        return _number(Decimal(COMPARE[operator](_order(left, right))))
    if operator in (":", "=~"):
        return _matched(left.stripped(), right.stripped(), anchored=operator == ":")
    if operator == "~~":
        return _text(left.stripped() + right.stripped())
    return _arithmetic(operator, left, right)


def _order(left: _Value, right: _Value) -> int:
    if "text" in (left.kind, right.kind):
        a, b = (value.to_text().encode("utf-8", "surrogatepass") for value in (left, right))
        return (a > b) - (a < b)
    left.to_number()
    right.to_number()
    return (left.number > right.number) - (left.number < right.number)


def _arithmetic(operator: str, left: _Value, right: _Value) -> _Value:
    known = left.to_number(), right.to_number()
    if known != (True, True):
        return _half_known(operator, left, right, known)
    a, b = left.number, right.number
    if operator == "+":
        return _number(NUMBERS.add(a, b))
    if operator == "-":
        return _number(NUMBERS.subtract(a, b))
    if operator == "*":
        return _number(NUMBERS.multiply(a, b))
    if operator == "/":
        return _number(NUMBERS.divide(a, b) if b else INT_MAX)
    return _number(_remainder(a, b) if b else b)


def _remainder(a: Decimal, b: Decimal) -> Decimal:
    """C's fmod: exact, so that how the binary numbers miss the decimal ones shows (1.5 % 0.1 is 0.1)."""
    if a == a.to_integral_value() and b == b.to_integral_value():
        return NUMBERS.remainder(a, b)
    first, second = _binary(a), _binary(b)
    left = abs(first) % abs(second)
    return NUMBERS.divide(Decimal(left.numerator), Decimal(left.denominator)).copy_sign(a)


def _binary(number: Decimal) -> Fraction:
    """The nearest number that a long double holds, of 64 binary digits."""
    exact = Fraction(number)
    shift = 64 - (abs(exact.numerator).bit_length() - exact.denominator.bit_length())
    return Fraction(round(exact * Fraction(2) ** shift)) / Fraction(2) ** shift


def _half_known(operator: str, left: _Value, right: _Value, known: tuple[bool, bool]) -> _Value:
    """A computation with something that is no number."""
    if operator in "+-" and known[0]:
        return left
    if operator in "+-" and known[1]:
        return _number(right.number if operator == "+" else -right.number)
    return _number(INT_MAX if operator == "/" and known[0] else ZERO)


def _matched(text: str, pattern: str, *, anchored: bool) -> _Value:
    """A search: the first group, else the length matched; nothing is "" for a pattern with groups, else 0."""
    if len(text) > SUBJECT_LIMIT:
        raise Unknowable("a search too long to follow")
    try:
        found = regexes.search(pattern, text)
    except regexes.BadPattern:
        return _Value("text")
    if found is None or (anchored and found.start):
        return _Value("text") if regexes.groups(pattern) else _number(ZERO)
    return _number(Decimal(found.end - found.start)) if found.group is None else _text(found.group)


def _power(a: float, b: float) -> float:
    return math.pow(a, b)


MATHEMATICS: dict[str, tuple[int, Callable[..., float]]] = {  # name -> (how many arguments, what it computes)
    "COS": (1, math.cos), "SIN": (1, math.sin), "TAN": (1, math.tan), "ACOS": (1, math.acos), "ASIN": (1, math.asin),
    "ATAN": (1, math.atan), "ATAN2": (2, math.atan2), "POW": (2, _power), "SQRT": (1, math.sqrt),
    "FLOOR": (1, math.floor), "CEIL": (1, math.ceil), "ROUND": (1, lambda a: math.floor(abs(a) + 0.5) * math.copysign(1, a)),
    "RINT": (1, round), "TRUNC": (1, math.trunc), "EXP": (1, math.exp), "EXP2": (1, lambda a: _power(2, a)),
    "EXP10": (1, lambda a: _power(10, a)), "LOG": (1, math.log), "LOG2": (1, math.log2), "LOG10": (1, math.log10),
    "REMAINDER": (2, math.remainder), "ABS": (1, abs),
}  # fmt: skip


def _mathematics(name: str, arguments: list[_Value]) -> Decimal:
    wanted, computed = MATHEMATICS[name]
    if len(arguments) != wanted:
        return ZERO
    for one in arguments:
        one.to_number()
    try:
        return NUMBERS.create_decimal(repr(float(computed(*(float(one.number) for one in arguments)))))
    except (ValueError, OverflowError, decimal.InvalidOperation):
        return ZERO
