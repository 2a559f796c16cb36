"""Files whose owner or rights changed, and those that Asterisk's account can no longer read for it.

Rights are words: path -> "asterisk:asterisk 640", a folder's path with a slash at its end. Names, not numbers: on another
machine the same account has another number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringkeep.phonesystem.compare import Change
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.phonesystem.sentences import Sentence

ETC = "/etc/asterisk/"
READ_BY_ASTERISK = (".conf", ".ael", ".lua")  # what else lies there (copies, keys) may belong to anybody
FIRST = ("extensions.conf", "pjsip.conf", "sip.conf", "queues.conf", "voicemail.conf")  # named before others
USUAL = "asterisk"
NAMED = 5  # files of one difference
NOT_IN = {"root"}  # groups that the account is surely not in
Values = dict[str, str | int | Sentence]


@dataclass(frozen=True, slots=True)
class Account:
    """Who Asterisk runs as, by name."""

    user: str
    group: str

    def may(self, rights: str, *, enter: bool = False) -> bool | None:
        """Whether it may read a file, or enter a folder; None where that depends on groups that we do not know."""
        owner, _, octal = rights.partition(" ")
        user, _, group = owner.partition(":")
        mode, bit = int(octal, 8), 1 if enter else 4
        if user == self.user:
            return bool(mode & bit << 6)
        if group == self.group:
            return bool(mode & bit << 3)
        if mode & bit:
            return True
        return None if mode & bit << 3 and group not in NOT_IN else False

    def reads(self, path: str, rights: Mapping[str, str]) -> bool | None:
        """Whether it may read a file in all the folders above it that we know."""
        folders = [path[: at + 1] for at, letter in enumerate(path) if letter == "/" and at >= len(ETC) - 1]
        answers = [self.may(rights[folder], enter=True) for folder in folders if folder in rights]
        answers.append(self.may(rights[path]))
        return False if False in answers else None if None in answers else True


def account_of(system: PhoneSystem, rights: Mapping[str, str]) -> Account | None:
    """asterisk.conf's runuser and rungroup, else the packages' `asterisk`; None where nothing belongs to such a one."""
    configuration = system.configurations.get("asterisk.conf")
    options = configuration.section("options") if configuration else None
    user = (options.get("runuser") if options else None) or USUAL
    found = Account(user, (options.get("rungroup") if options else None) or user)
    known = any(found.user in one.partition(" ")[0].split(":") for one in rights.values())
    return found if known and found.user != "root" else None


def changed_rights(before: Mapping[str, str], after: Mapping[str, str], system: PhoneSystem) -> list[Change]:
    """What to tell of files (and folders) that are in both states; nothing where either state says nothing of rights."""
    other = sorted(path for path in before.keys() & after.keys() if before[path] != after[path])
    if not other:
        return []
    account = account_of(system, before)
    reads = dict(_reads(account, before, after)) if account else {}
    lost = sorted((path for path, (had, has) in reads.items() if had and has is False), key=_weight)
    again = sorted((path for path, (had, has) in reads.items() if had is False and has), key=_weight)
    told = {*lost, *again}
    rest = [path for path in other if path not in told and not (told and path.endswith("/"))]
    said = ((lost, "callers", _lost), (again, "callers", _again), (rest, "inner", _otherwise))
    return [_change(paths, audience, says, before, after) for paths, audience, says in said if paths]


def _weight(path: str) -> tuple[int, str]:
    name = path.removeprefix(ETC)
    return FIRST.index(name) if name in FIRST else len(FIRST), path


def _reads(
    account: Account, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[str, tuple[bool | None, bool | None]]]:
    for path in before.keys() & after.keys():
        if path.startswith(ETC) and path.endswith(READ_BY_ASTERISK):
            yield path, (account.reads(path, before), account.reads(path, after))


def _change(
    paths: Sequence[str], audience: str, says: Callable[[Values], Sentence], before: Mapping[str, str],
    after: Mapping[str, str],
) -> Change:  # fmt: skip
    first = paths[0]
    alone = len(paths) == 1 and before[first] != after[first]  # else many, or a folder above it was locked
    old, new = (before[first], after[first]) if alone else (None, None)
    values: Values = {"file": first.removeprefix(ETC) or first, "count": len(paths)}
    if alone:
        values |= {"from": before[first], "to": after[first]}
    names = ", ".join(path.removeprefix(ETC) or path for path in paths[:NAMED]) + (", ..." if paths[NAMED:] else "")
    return Change("changed", "file", names, "rights", old, new, audience, says(values))


def _lost(values: Values) -> Sentence:
    if "to" in values:
        return Sentence("Asterisk can no longer read {file}: it belongs to {to}, was {from}", values)
    if values["count"] == 1:
        return Sentence("Asterisk can no longer read {file}: it may not enter its folder", values)
    return Sentence("Asterisk can no longer read {count} files, {file} among them", values)


def _again(values: Values) -> Sentence:
    if values["count"] == 1:
        return Sentence("Asterisk can read {file} again", values)
    return Sentence("Asterisk can read {count} files again, {file} among them", values)


def _otherwise(values: Values) -> Sentence:
    if "to" in values:
        return Sentence("{file} now belongs to {to}, was {from}", values)
    return Sentence("owner or rights of {count} files changed, {file} among them", values)
