"""`${...}` and `$[...]` as Asterisk substitutes and computes them.

Pure. What cannot be known without running raises `Unknowable`, with the reason for people.
Source: https://docs.asterisk.org/Configuration/Dialplan/Variables/ and .../Expressions/ (main/ast_expr2.y)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

DEPTH_LIMIT = 40
LENGTH_LIMIT = 16384  # Asterisk's own buffers are smaller


class Unknowable(Exception):
    """The value depends on something only the running system has; the text says on what."""


class Scope(Protocol):
    """Where values come from."""

    def variable(self, name: str) -> str:
        """The value of a variable, empty when unset. Raises `Unknowable`."""

    def function(self, name: str, arguments: str) -> str:
        """The value of `NAME(arguments)`. Raises `Unknowable`."""


def expand(text: str, scope: Scope, depth: int = 0) -> str:
    """The text with every `${...}` and `$[...]` replaced. Raises `Unknowable`."""
    if "$" not in text:
        return text
    if depth > DEPTH_LIMIT:
        raise Unknowable("expressions nested too deeply")
    parts, position = [], 0
    while (at := text.find("$", position)) >= 0:
        opening = text[at + 1 : at + 2]
        if opening not in ("{", "["):
            parts.append(text[position : at + 1])
            position = at + 1
            continue
        end = _closing(text, at + 1)
        parts.append(text[position:at])
        inside = text[at + 2 : end]
        if opening == "{":
            parts.append(_value(inside, scope, depth))
        else:
            parts.append(evaluate(expand(inside, scope, depth + 1)))
        position = end + 1
    parts.append(text[position:])
    return "".join(parts)[:LENGTH_LIMIT]


def _closing(text: str, opening_at: int) -> int:
    """Index of the bracket that closes the one at `opening_at`; the text's end when none does."""
    opening = text[opening_at]
    closing = {"{": "}", "[": "]"}[opening]
    depth = 0
    for index in range(opening_at, len(text)):
        if text[index] == opening:
            depth += 1
        elif text[index] == closing:
            depth -= 1
            if not depth:
                return index
    return len(text)


def _value(inside: str, scope: Scope, depth: int) -> str:
    """One `${inside}`: a variable or function, with its optional :offset:length."""
    inside = expand(inside, scope, depth + 1)
    name, cut = _split_cut(inside)
    if name.endswith(")") and "(" in name:
        function, _, arguments = name[:-1].partition("(")
        value = scope.function(function.strip().upper(), arguments)
    else:
        value = scope.variable(name)
    return substring(value, cut) if cut else value


def _split_cut(inside: str) -> tuple[str, str]:
    """Split `NAME(args):1:2` at the first colon outside parentheses."""
    depth = 0
    for index, letter in enumerate(inside):
        if letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
        elif letter == ":" and depth <= 0:
            return inside[:index], inside[index + 1 :]
    return inside, ""


def substring(value: str, cut: str) -> str:
    """`:offset[:length]`; negative counts from the end."""
    words = cut.split(":")
    offset, length = _integer(words[0], 0), _integer(words[1], None) if len(words) > 1 else None
    start = max(0, len(value) + offset) if offset < 0 else offset
    rest = value[start:]
    if length is None:
        return rest
    return rest[:length] if length >= 0 else rest[: max(0, len(rest) + length)]


def _integer(text: str, default: int | None) -> int:
    match = re.match(r"\s*([-+]?[0-9]{1,18})", text)
    return int(match[1]) if match else default  # type: ignore[return-value]


def is_true(text: str) -> bool:
    """Whether a condition holds: not empty, and no number that is zero (pbx_checkcondition)."""
    text = text.strip(" \t") if text.strip(" \t") != text else text
    if not text:
        return False
    match = re.match(r"[-+]?[0-9]+", text)
    return bool(match[0].strip("+-0")) if match else True


# -- $[ ... ] -------------------------------------------------------------------------------------------------

TOKEN = re.compile(
    r'\s*(?:(?P<quoted>"(?:\\.|[^"\\])*"?)|(?P<operator>=~|~~|&&|\|\||==|!=|<=|>=|::|[|&=<>+*/%!:?(),]|-)|'
    r"(?P<word>[^\s\"|&=<>+*/%!:?(),~-]+|~))",
    re.S,
)
BINDING = {
    "?": 1, "::": 1, "|": 3, "||": 3, "&": 4, "&&": 4, "=": 5, "==": 5, "!=": 5, "<": 5, ">": 5, "<=": 5, ">=": 5,
    "+": 6, "-": 6, "*": 7, "/": 7, "%": 7, ":": 9, "=~": 9, "~~": 10,
}  # fmt: skip


class _Syntax(Exception):
    pass


def evaluate(text: str) -> str:
    """The value of what stands in `$[ ]`, already substituted. Checked against Asterisk 16 and 22."""
    try:
        tokens = _tokens(text)
        if not tokens:
            return "0"
        parser = _Parser(tokens)
        # Where the syntax is wrong Asterisk warns and keeps what it had computed until then.
        return _unquote(parser.expression(0))
    except (_Syntax, RecursionError, ArithmeticError, ValueError):
        return "0"


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None or match.end() == position:
            raise _Syntax
        tokens.append((match.lastgroup or "", match[match.lastgroup or 0]))
        position = match.end()
    return tokens


class _Parser:
    """Precedence climbing over the operators of ast_expr2."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.position = tokens, 0

    def _peek(self) -> tuple[str, str] | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def expression(self, least: int) -> str:
        left = self._primary()
        while (token := self._peek()) and token[0] == "operator" and BINDING.get(token[1], -1) >= max(least, 1):
            operator = token[1]
            self.position += 1
            if operator == "?":
                middle = self.expression(2)
                if self._peek() not in (("operator", "::"), ("operator", ":")):
                    raise _Syntax
                self.position += 1
                right = self.expression(1)
                left = middle if _truth(left) else right
                continue
            right = self.expression(BINDING[operator] + 1)
            left = _apply(operator, left, right)
        return left

    def _primary(self) -> str:
        token = self._peek()
        if token is None:
            raise _Syntax
        kind, text = token
        self.position += 1
        if kind in ("quoted", "word"):
            return text
        if text == "(":
            value = self.expression(0)
            if self._peek() != ("operator", ")"):
                raise _Syntax
            self.position += 1
            return value
        if text == "-":
            return _number_text(-(_number(self._primary()) or 0))
        if text == "!":
            return "0" if _truth(self._primary()) else "1"
        if text == "+":
            return self.expression(BINDING["*"])
        raise _Syntax


def _unquote(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == '"' else text


def _number(text: str) -> float | None:
    """The number a token is; a quoted one is a string, whatever it holds."""
    try:
        return float(text) if re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", text) else None
    except ValueError:
        return None


def _number_text(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.18g}"


def _truth(text: str) -> bool:
    number = _number(_unquote(text))
    return number != 0 if number is not None else bool(_unquote(text))


COMPARE: dict[str, Callable[[float | str, float | str], bool]] = {
    "=": lambda a, b: a == b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,  # type: ignore[operator]
}  # fmt: skip


def _apply(operator: str, left: str, right: str) -> str:
    if operator in ("|", "||"):
        return left if _truth(left) else right if _truth(right) else "0"
    if operator in ("&", "&&"):
        return left if _truth(left) and _truth(right) else "0"
    if operator in COMPARE:
        a, b = _number(left), _number(right)
        numeric = a is not None and b is not None
        return "1" if COMPARE[operator](a if numeric else _unquote(left), b if numeric else _unquote(right)) else "0"  # type: ignore[arg-type]
    if operator in (":", "=~"):
        return _matched(_unquote(left), _unquote(right), anchored=operator == ":")
    if operator == "~~":
        return _unquote(left) + _unquote(right)
    a, b = _number(_unquote(left)), _number(_unquote(right))
    if a is None or b is None:
        return "0"
    return _arithmetic(operator, a, b)


def _arithmetic(operator: str, a: float, b: float) -> str:
    if operator in "/%" and b == 0:
        return "0"
    results = {"+": a + b, "-": a - b, "*": a * b}
    if operator in results:
        return _number_text(results[operator])
    return _number_text(a / b if operator == "/" else float(int(a) % int(b) if int(b) else 0))


def _matched(text: str, pattern: str, *, anchored: bool) -> str:
    """Regular expression match: the first group, else the length matched; "0" or "" when there is none."""
    try:
        compiled = re.compile(pattern[:500])
        match = compiled.match(text[:2000]) if anchored else compiled.search(text[:2000])
    except re.error:
        return "0"
    if match is None:
        return "" if re.search(r"(?<!\\)\(", pattern) else "0"
    return (match[1] or "") if match.groups() else str(match.end() - match.start())
