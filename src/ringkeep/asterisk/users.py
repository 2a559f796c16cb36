"""The extensions that Asterisk makes of users.conf (pbx/pbx_config.c, pbx_load_users), on 22 and before.

Pure. A user gets a hint and an extension when a device of his is named: DAHDI channels, an IAX2 phone, or a SIP phone of
chan_sip, which Asterisk 21 left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringkeep.asterisk.conf import Configuration, Files, Section, read_configuration

TRUE = ("yes", "true", "y", "t", "1", "on")  # ast_true
PHONES = (("hassip", "SIP"), ("hasiax", "IAX2"), ("hash323", "H323"))
DEVICES_BYTES = 254  # of a user's hint
CHANNELS = 100  # of a range: more do not fit into a hint


def read_users(files: Files) -> Iterator[tuple[str, str, str, Section]]:
    """(extension, application, arguments, the user's section) of each; application "hint" for the devices."""
    configuration = read_configuration(files, "/etc/asterisk/users.conf")
    if configuration is None or configuration.refused:
        return
    for section in configuration.objects():
        if section.name.lower() == "general":
            continue
        has_extension = _option(configuration, section, "hasexten")
        if has_extension is not None and has_extension.lower() not in TRUE:
            continue
        devices = _devices(configuration, section)
        if not devices:
            continue
        yield section.name, "hint", devices, section
        if _is_on(configuration, section, "hasvoicemail"):
            yield section.name, "Gosub", f"{section.name},stdexten(${{HINT}})", section
        else:
            yield section.name, "Dial", "${HINT}", section
        for other in (section.get("alternateexts") or "").split(","):
            if other:
                yield other, "Goto", f"{section.name},1", section


def _option(configuration: Configuration, section: Section, name: str) -> str | None:
    """A user's setting, or that of [general]."""
    general = configuration.section("general")
    return section.get(name, general.get(name) if general else None)


def _is_on(configuration: Configuration, section: Section, name: str) -> bool:
    return (_option(configuration, section, name) or "").lower() in TRUE


def _devices(configuration: Configuration, section: Section) -> str:
    found = [f"{kind}/{section.name}" for name, kind in PHONES if _is_on(configuration, section, name)]
    for one in (_option(configuration, section, "dahdichan") or "").split(","):
        match = re.match(r"\s*([0-9]{1,6})(?:-\s*([0-9]{1,6}))?", one)
        if match:
            first, last = sorted((int(match[1]), int(match[2] or match[1])))
            found += [f"DAHDI/{channel}" for channel in range(first, min(last, first + CHANNELS) + 1)]
        elif one:
            found.append("DAHDI/0")
    text = ""
    for device in found:
        if len(text) + len(device) < DEVICES_BYTES:
            text = f"{text}&{device}" if text else device
    return text
