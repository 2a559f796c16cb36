"""Expressions and function calls put together by chance, always the same ones for a seed: some sense, much nonsense."""

from __future__ import annotations

import random

TOKENS = (
    "1", "2", "0", "10", "3.5", "007", "a", "b", '"a"', '"b c"', '"1"', '""', '"0"', "-", "!", "+", "-", "*", "/", "%", "=", "!=", "<", ">", "<=",
    ">=", "&", "|", "&&", "||", "?", "::", ":", "=~", "~~", "(", ")", "${TEXT}", "${NUM}", "${NONE}", '"${TEXT}"', '"(l+)"', '"h.*"', "[a-z]", "^h", ",",
)  # fmt: skip
VALUES = (
    "1", "2", "0", "10", "3.5", "007", "a", "b", '"a"', '"b c"', '"1"', '""', '"0"', "${TEXT}", "${NUM}", "${NONE}", '"${TEXT}"', '"(l+)"', '"h.*"',
    "99999999999", "1.50", "hello", '"hel(l)"', "0.1",
)  # fmt: skip
OPERATORS = ("+", "-", "*", "/", "%", "=", "!=", "<", ">", "<=", ">=", "&", "|", "&&", "||", ":", "=~", "~~", "?")
FUNCTIONS = (
    "CUT", "FIELDQTY", "FIELDNUM", "LISTFILTER", "FILTER", "REPLACE", "STRREPLACE", "REGEX", "LEN", "TOUPPER", "IF", "ISNULL", "EXISTS", "MATH", "SPRINTF",
    "URIENCODE", "BASE64_ENCODE", "QUOTE", "CSV_QUOTE", "KEYPADHASH", "SORT", "MAX", "MIN", "ABS", "EVAL", "PASSTHRU", "SHIFT", "POP", "SET", "INC",
)  # fmt: skip
PIECES = (
    "LIST", "TEXT", "COMMAS", "NONE", "S1", "TWICE", "PIPES", "COUNT", ",", ",", ",", "-", "\\,", "\\x2c", "1", "2", "1-2", "3-", "&", "a", "b", "two", "l", "?",
    ":", "1?", "yes", "0", "+", "*", "/", "%", "^", ">", "AND", "int", "hex", "%d", "%s", "%05.1f", "%x", '"', '"^o"', "[a-z]", "(", ")", " ", "|", "\\\\", "1.5",
    "-3", "0-9", "a-z", ":1", "${TEXT}", "${LIST}", "%20", "=", "_",
)  # fmt: skip


def rows(count: int, seed: int) -> tuple[str, ...]:
    """So many expressions, then so many function calls."""
    chance = random.Random(seed)
    return (*(f"$[{_expression(chance)}]" for _ in range(count)), *(_call(chance) for _ in range(count)))


def _expression(chance: random.Random) -> str:
    return " ".join(chance.choices(TOKENS, k=chance.randint(1, 7))) if chance.random() < 0.3 else _terms(chance, 2)


def _terms(chance: random.Random, depth: int) -> str:
    text = _term(chance, depth)
    for _ in range(chance.randint(0, 3)):
        operator, space = chance.choice(OPERATORS), chance.choice((" ", ""))
        more = f" :: {_term(chance, depth)}" if operator == "?" else ""
        text += f"{space}{operator}{space}{_term(chance, depth)}{more}"
    return text


def _term(chance: random.Random, depth: int) -> str:
    kind = chance.random()
    if depth and kind < 0.2:
        return f"({_terms(chance, depth - 1)})"
    if kind < 0.28:
        return chance.choice("-!") + _term(chance, depth)
    return f"LEN({_terms(chance, 0)})" if kind < 0.32 else chance.choice(VALUES)


def _call(chance: random.Random) -> str:
    return f"${{{chance.choice(FUNCTIONS)}({''.join(chance.choices(PIECES, k=chance.randint(1, 6)))})}}"
