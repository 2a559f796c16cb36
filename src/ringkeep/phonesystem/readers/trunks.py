"""What FreePBX's globals say of each trunk: its number, whether it is switched off, its channels and its caller id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ringkeep.asterisk.dialplan import whole_number
from ringkeep.phonesystem.model import Trunk
from ringkeep.phonesystem.readers.devices import trunk_of_out


def with_globals(trunks: Iterable[Trunk], variables: Mapping[str, str]) -> Iterator[Trunk]:
    """Each trunk with OUT_n, OUTDISABLE_n, OUTMAXCHANS_n and OUTCID_n."""
    numbers = {
        (name.lower(), trunk_technology(variables[key])): match[1]
        for key in variables
        if (match := re.fullmatch(r"OUT_([0-9]{1,9})", key)) and (name := trunk_of_out(match[1], variables))
    }
    for trunk in trunks:
        number = numbers.get((trunk.endpoint.lower(), trunk.technology))
        if number is None:
            yield trunk
            continue
        switched_off = variables.get(f"OUTDISABLE_{number}", "").strip().lower()
        yield replace(
            trunk, id=number, enabled=switched_off not in ("on", "yes", "1", "true") if switched_off else None,
            max_channels=whole_number(variables.get(f"OUTMAXCHANS_{number}", "").strip()) or None,
            outbound_caller=variables.get(f"OUTCID_{number}", "").strip() or None,
        )  # fmt: skip


def trunk_technology(value: str) -> str:
    """`SIP/CarrierA` -> "sip"."""
    word = value.removeprefix("AMP:").partition("/")[0].strip().lower()
    return "dahdi" if word in ("zap", "dahdi") else word
