"""Changes over a mapping that stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping


class Overlay(MutableMapping[str, str]):
    """What a call writes over what the system holds: astdb has thousands of entries, a call writes a few."""

    __slots__ = ("_base", "_changes")

    def __init__(self, base: Mapping[str, str], changes: Mapping[str, str | None] | None = None) -> None:
        self._base = base
        self._changes: dict[str, str | None] = dict(changes or {})

    def __getitem__(self, key: str) -> str:
        if key in self._changes:
            value = self._changes[key]
            if value is None:
                raise KeyError(key)
            return value
        return self._base[key]

    def __setitem__(self, key: str, value: str) -> None:
        self._changes[key] = value

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._changes[key] = None

    def __contains__(self, key: object) -> bool:
        return self._changes[key] is not None if key in self._changes else key in self._base

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self._base if key not in self._changes)
        yield from (key for key, value in self._changes.items() if value is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def copy(self) -> Overlay:
        """The same, to be changed apart."""
        return Overlay(self._base, self._changes)

    def changed(self) -> frozenset[tuple[str, str | None]]:
        """What differs from the mapping below."""
        return frozenset(self._changes.items())
