"""The values of INSERT statements as `mysqldump` writes them: text -> rows of text, None for NULL."""

from __future__ import annotations

import re
from dataclasses import dataclass

STRING = r"'[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'"
# 'text', NULL, -1.5e3, 0xAF, X'AF', b'1', _binary 'text', _utf8mb4'text', "text"
VALUE = r"(?:" + STRING + r"|[^\s'\"`(),;]++(?:\s*+" + STRING + r")?+|\"(?:[^\"\\]++|\\.|\"\")*+\")"
HEAD = r"(?:INSERT|REPLACE)\b[^('\"`]*+(?:`[^`]*+`[^('\"`]*+)*+(?:\((?:[^()'\"`]++|`[^`]*+`|\"[^\"]*+\")*+\)\s*+VALUES?+)?+"
# A quote without its end takes all the rest with it: looking for its end again and again would take for ever.
TOKEN = re.compile(r"(" + VALUE + r"|\))|;\s*+" + HEAD + r"|`[^`]*+`|['\"`].*+", re.S | re.I)
FIRST = re.compile(HEAD, re.I)
ROW = re.compile(r"\(\s*+(" + VALUE + r"(?:\s*+,\s*+" + VALUE + r")*+)\s*+\)", re.S)
BETWEEN = re.compile(r"\s*+(?:,|;\s*+" + HEAD + r")?+\s*+", re.I)
ONE = re.compile(VALUE, re.S)
ESCAPES = {"'": re.compile(r"\\(.)|(')'", re.S), '"': re.compile(r"\\(.)|(\")\"", re.S)}
ESCAPED = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
PREFIXED = re.compile(r"([^\s']++)\s*+('.*)", re.S)
HEXADECIMAL = re.compile(r"0[xX]((?:[0-9A-Fa-f]{2})++)")
DIGITS = re.compile(r"(?:[0-9A-Fa-f]{2})*+")
SURROGATE = re.compile(r"[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Values:
    """Rows as columns: a list for each, all of `count` values. A row that is too short ends in NULLs."""

    columns: list[list[str | None]]
    count: int
    faults: int = 0  # rows of another width
    unread: bool = False  # reading stopped before the end of the text


class _Memory(dict[str, "str | None"]):
    """Written value -> what it means; the same few words fill most columns, so each is understood once."""

    def __missing__(self, written: str) -> str | None:
        value = self[written] = meaning(written)
        return value


def read_values(text: str, width: int) -> Values:
    """The rows of one table's INSERT statements that follow each other; `width`: the number of columns.

    Rows that are cut off at the end of the text are left out.
    """
    first = FIRST.match(text)
    tokens = list(filter(None, TOKEN.findall(text, first.end() if first else 0)))
    memory, step = _Memory(), width + 1
    count, rest = divmod(len(tokens), step)
    if width and not rest and tokens.count(")") == count == tokens[width::step].count(")"):
        return Values([list(map(memory.__getitem__, tokens[i::step])) for i in range(width)], count)
    return _one_by_one(text, first.end() if first else 0, width, memory)


def _one_by_one(text: str, at: int, width: int, memory: _Memory) -> Values:
    columns: list[list[str | None]] = [[] for _ in range(width)]
    count = faults = 0
    at = _after(BETWEEN, text, at)
    while match := ROW.match(text, at):
        row = [memory[word] for word in ONE.findall(match[1])]
        columns = columns or [[] for _ in row]
        for number, column in enumerate(columns):
            column.append(row[number] if number < len(row) else None)
        count += 1
        faults += len(row) != len(columns)
        at = _after(BETWEEN, text, match.end())
    return Values(columns, count, faults, text[at : at + 1] not in ("", ";"))


def _after(expression: re.Pattern[str], text: str, at: int) -> int:
    match = expression.match(text, at)
    return match.end() if match else at


def meaning(written: str) -> str | None:
    """`'it\\'s'` -> "it's", `NULL` -> None, `12` -> "12", `0x4142` -> "AB", `_binary 'x'` -> "x"."""
    if written[0] in "'\"":
        return _unquoted(written)
    if written.upper() == "NULL":
        return None
    if match := PREFIXED.fullmatch(written):
        inner = _unquoted(match[2])
        return _from_digits(inner) if match[1] in ("x", "X") and DIGITS.fullmatch(inner) else inner
    if match := HEXADECIMAL.fullmatch(written):
        return _from_digits(match[1])
    return written


def _unquoted(written: str) -> str:
    inner, quote = written[1:-1], written[0]
    if "\\" in inner or quote * 2 in inner:
        inner = ESCAPES[quote].sub(_escaped, inner)
    if SURROGATE.search(inner):  # bytes that are no UTF-8: an old system's Latin-1
        raw = inner.encode("utf-8", "surrogateescape")
        inner = raw.decode("latin-1")
    return inner


def _escaped(match: re.Match[str]) -> str:
    return match[2] or ESCAPED.get(match[1], match[1])


def _from_digits(digits: str) -> str:
    raw = bytes.fromhex(digits)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
