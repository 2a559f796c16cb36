"""Numbers of dialplan functions as C reads, computes and prints them: MATH, MIN, MAX, SPRINTF.

Pure. Source: Asterisk's funcs/func_math.c and func_sprintf.c.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

from ringkeep.asterisk.dialplan import split_arguments

NUMBER = re.compile(r"[ \t\n]*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?)")
FORMAT = re.compile(r"%([#0\- +'I]*)([0-9]*)(\.[0-9]*)?(?:hh|h|ll|l|[Lqjzt])?(?![0-9hlLqjzt])(.)", re.S)


def number_in(text: str) -> float | None:
    """The number a text begins with (sscanf %30lf)."""
    match = NUMBER.match(text[:60])
    return float(match[1][:30].rstrip("eE+-")) if match else None


def whole_in(text: str) -> int:
    """The whole number a text begins with; 0 for none."""
    match = re.match(r"\s*([-+]?[0-9]{1,18})", text)
    return int(match[1]) if match else 0


def to_int(value: float) -> int:
    """C's (int) of a double: what does not fit is the lowest int."""
    return int(value) if math.isfinite(value) and -(2**31) <= int(value) < 2**31 else -(2**31)


def _wrapped(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31


def short_text(value: float) -> str:
    """Without a fraction where there is none."""
    return str(int(value)) if math.isfinite(value) and abs(value) < 2**31 and value == int(value) else f"{value:f}"


def extreme(arguments: str, choose: Callable[[float, float], float]) -> str:
    """MAX or MIN of two numbers, or of the one given."""
    words = [*split_arguments(arguments, most=2)] if arguments else []
    numbers = [number_in(word) for word in words if word]
    if not numbers or None in numbers:
        return ""
    first, last = numbers[0], numbers[-1]
    assert first is not None and last is not None
    return short_text(choose(first, last))


OPERATIONS: tuple[tuple[str, str], ...] = (  # in the order in which func_math looks for them
    ("*", "*"), ("/", "/"), ("%", "%"), ("^", "^"), ("AND", "AND"), ("XOR", "XOR"), ("OR", "OR"), (">=", ">"), (">>", ">"),
    (">", ">"), ("<=", "<"), ("<<", "<"), ("<", "<"), ("==", "="), ("+", "+"), ("-", "-"),
)  # fmt: skip
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b, "<": lambda a, b: a < b, ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
}  # fmt: skip
WHOLE: dict[str, Callable[[int, int], int]] = {
    "%": lambda a, b: int(math.fmod(a, b)) if b else 0, "AND": lambda a, b: a & b, "OR": lambda a, b: a | b,
    "XOR": lambda a, b: a ^ b, "<<": lambda a, b: _wrapped(a << (b & 31)), ">>": lambda a, b: a >> (b & 31),
}  # fmt: skip


def computed(formula: str, kind: str) -> str:
    """MATH(formula, kind); empty where Asterisk complains."""
    negative = formula.startswith("-")
    formula = formula[negative:]
    for operation, letter in OPERATIONS:
        at = formula.find(letter)
        if at >= 0 and formula.startswith(operation, at):
            break
        if at >= 0 and letter == "=":
            return ""
    else:
        return ""
    a, b = number_in(formula[:at]), number_in(formula[at + len(operation) :])
    if a is None or b is None or kind not in ("float", "f", "int", "i", "hex", "h", "char", "c"):
        return ""
    a = 0 - a if negative else a
    if operation in COMPARISONS:
        return "TRUE" if COMPARISONS[operation](a, b) else "FALSE"
    value = _operated(operation, a, b)
    if kind[0] == "f":
        return f"{value:f}"
    if kind[0] == "i":
        return str(to_int(value))
    whole = int(value) if math.isfinite(value) else 0
    return f"{whole & 0xFFFFFFFF:x}" if kind[0] == "h" else chr(whole & 0xFF).replace("\0", "")


def _operated(operation: str, a: float, b: float) -> float:
    if operation in WHOLE:
        return float(WHOLE[operation](to_int(a), to_int(b)))
    if operation == "/":
        return 0.0 if b <= 0 else a / b
    if operation == "^":
        try:
            return math.pow(a, b)
        except (OverflowError, ValueError):
            return math.inf
    return {"*": a * b, "+": a + b, "-": a - b}[operation]


def formatted(match: re.Match[str], values: Iterator[str]) -> str | None:
    """One `%d` of SPRINTF; None where Asterisk gives up."""
    flags, width, precision, letter = match[1].replace("'", "").replace("I", ""), match[2], match[3], match[4]
    if letter == "%":
        return "%"
    if letter not in "diouxXceEfFgGs":
        return None
    value = next(values, None)
    form = f"%{flags}{width[-4:]}{precision[:4] if precision is not None else ''}"
    if letter == "s":
        return str(f"{form.replace('#', '')}s" % ("(null)" if value is None else value))
    number = None if value is None else number_in(value)
    if number is None:
        return None
    if letter in "eEfFgG":
        return str(f"{form}{letter}" % number)
    whole = to_int(float(whole_in(value or "")))
    if letter == "c":
        return chr(whole & 0xFF).replace("\0", "").rjust(int(width[-4:] or "0"))
    return str(f"{form}{letter}" % (whole if letter in "di" else whole & 0xFFFFFFFF)).replace("0o", "0")
