"""chan_dahdi.conf -> extensions at analogue ports, trunks of analogue lines and of E1/T1/BRI spans.

Settings apply to every `channel =>` below them. Signalling is named after the other end: a port for a phone is
signalled `fxo_...`, a port for a carrier's analogue line `fxs_...`.
Source: https://docs.asterisk.org/Configuration/Channel-Drivers/DAHDI/ and configs/samples/chan_dahdi.conf.sample
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ringkeep.asterisk.conf import Configuration, Entry, Place, Section
from ringkeep.asterisk.dialplan import whole_number
from ringkeep.phonesystem.model import Extension, Settings, Trunk
from ringkeep.phonesystem.readers.pjsip import Found, names
from ringkeep.phonesystem.readers.settings import caller_of

MOST_CHANNELS = 4096  # of one system
PHONE, ANALOGUE = re.compile(r"fxo", re.I), re.compile(r"fxs", re.I)
IN_FIELDS = {"context", "callerid", "mailbox", "language", "signalling", "signaling", "group"}
# Not of a channel: they order the lines themselves, or belong to the driver.
NO_SETTING = {"channel", "channels", "dahdichan", "trunkgroup", "spanmap", "crv"}
NOT_CHANNELS = {"trunkgroups"}


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel with the settings written above it."""

    number: int
    settings: Settings
    place: Place

    @property
    def signalling(self) -> str:
        """As written: "fxo_ks", "pri_cpe"; empty when none is set."""
        return self.settings.get("signalling") or self.settings.get("signaling") or ""

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups it belongs to: Dial(DAHDI/g1) takes any of them."""
        return tuple(names(self.settings.get("group")))


def read(configuration: Configuration | None) -> Found:
    """Read chan_dahdi.conf; an absent or refused file holds nothing."""
    if configuration is None or configuration.refused:
        return Found()
    all_channels = list(channels(configuration))
    phones = tuple(_extension(channel) for channel in all_channels if PHONE.search(channel.signalling))
    return Found(
        phones, tuple(_trunks(channel for channel in all_channels if not PHONE.search(channel.signalling))), ()
    )


def channels(configuration: Configuration) -> Iterator[Channel]:
    """Every channel, a number named twice with the settings of its first line, as the driver keeps it."""
    seen: set[int] = set()
    base: dict[str, str] = {}
    for section in configuration.objects():
        if section.name.lower() in NOT_CHANNELS:
            continue
        is_main = section.name.lower() == "channels"
        for channel in _of_section(section, base if is_main else dict(base)):
            if channel.number not in seen and len(seen) < MOST_CHANNELS:
                seen.add(channel.number)
                yield channel


def _of_section(section: Section, settings: dict[str, str]) -> Iterator[Channel]:
    last: list[Entry] = []
    for entry in section.entries:
        name = entry.name.lower()
        if name in ("channel", "channels"):
            for number in _numbers(entry.value):
                yield Channel(number, dict(settings), entry.place)
        elif name == "dahdichan":
            last.append(entry)  # takes the whole section, also what is written below
        elif name not in NO_SETTING:
            settings[name] = entry.value
    for entry in last:
        for number in _numbers(entry.value):
            yield Channel(number, dict(settings), entry.place)


def _numbers(text: str) -> Iterator[int]:
    """ "1-15,17-31" -> the numbers; "pseudo" and nonsense are none."""
    for word in names(text)[:MOST_CHANNELS]:
        first, dash, last = (part.strip() for part in word.partition("-"))
        low, high = whole_number(first), whole_number(last if dash else first)
        if low is not None and high is not None:
            yield from range(low, min(high, low + MOST_CHANNELS) + 1)


def _further(settings: Settings) -> Settings:
    return {name: value for name, value in settings.items() if name not in IN_FIELDS}


def _extension(channel: Channel) -> Extension:
    name, number = caller_of(channel.settings.get("callerid"))
    mailbox = next(iter(names(channel.settings.get("mailbox"))), None)
    return Extension(
        number=number or (mailbox or "").partition("@")[0] or str(channel.number), name=name,
        technology="dahdi", endpoint=str(channel.number), aor=None, username=None, secret=None,
        context=channel.settings.get("context"), mailbox=mailbox, transport=None, permit=(), codecs=(), place=channel.place,
        language=channel.settings.get("language"), settings=_further(channel.settings),
    )  # fmt: skip


def _trunks(lines: Iterator[Channel]) -> Iterator[Trunk]:
    """One trunk for each group, `g1`; a channel without a group is one by itself."""
    together: dict[str, list[Channel]] = {}
    for channel in lines:
        for name in [f"g{group}" for group in channel.groups] or [str(channel.number)]:
            together.setdefault(name, []).append(channel)
    for name, members in together.items():
        first = members[0]
        kind = "analogue" if ANALOGUE.search(first.signalling) else first.signalling or "unknown"
        numbers = ",".join(str(channel.number) for channel in members)
        yield Trunk(
            name=name, technology="dahdi", endpoint=name, hosts=(), port=0, match=(), username=None, auth_username=None,
            secret=None, registration=None, context=first.settings.get("context"), transport=None, place=first.place,
            language=first.settings.get("language"), max_channels=len(members),
            settings={**_further(first.settings), "signalling": first.signalling, "kind": kind, "channels": numbers},
        )  # fmt: skip
