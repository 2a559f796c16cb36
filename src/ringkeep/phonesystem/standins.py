"""Stand-ins for files that a product's own packages install and a backup only links to.

IssabelPBX and older FreePBX keep `extensions.conf`, `sip.conf` and the like among their web pages and put links into
/etc/asterisk; what they generate for the customer (`*_additional.conf`) and what the owner adds (`*_custom.conf`) are
real files. A backup holds the links and not the pages. After a restore the product's packages bring those files again;
the lab puts in their place the least that leads into the customer's own: includes, and the entry contexts by the names
that the generated dialplan expects.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

EXTENSIONS_INCLUDES = """\
#tryinclude extensions_override_issabelpbx.conf
#tryinclude extensions_override_freepbx.conf
#include extensions_additional.conf
#tryinclude extensions_custom.conf
"""

# Each only where the generated dialplan does not bring it itself.
CONTEXTS = {
    "from-trunk": "include => from-pstn\n",
    "from-analog": "include => from-pstn\n",
    "from-digital": "include => from-pstn\n",
    "from-pstn": """\
include => from-pstn-custom
include => ext-did
include => ext-did-post-custom
include => from-did-direct
include => ext-did-catchall
""",
    "from-did-direct": "include => ext-findmefollow\ninclude => ext-local\n",
    "from-internal": """\
include => from-internal-noxfer
include => from-internal-xfer
include => bad-number
""",
    "from-internal-noxfer": "include => from-internal-noxfer-custom\ninclude => from-internal-noxfer-additional\n",
    "from-internal-xfer": "include => from-internal-custom\ninclude => from-internal-additional\n",
    "from-sip-external": """\
exten => _.,1,Answer()
 same => n,Playback(ss-noservice)
 same => n,Hangup()
""",
    "default": "include => ext-local\n",
    "macro-dial": """\
; ARG1 seconds, ARG2 options of Dial, ARG3 the members: 1001-1002-5551234#
exten => s,1,AGI(agi://127.0.0.1/dialparties.agi)
 same => n,GotoIf($["${MACRODIALGOTO_PRI}" = ""]?nobody)
 same => n(normdial),Dial(${ds})
 same => n(nobody),MacroExit()
""",
    "macro-get-vmcontext": """\
exten => s,1,Set(VMCONTEXT=${DB(AMPUSER/${ARG1}/voicemail)})
 same => n,ExecIf($["${VMCONTEXT}" = "" | "${VMCONTEXT}" = "novm"]?Set(VMCONTEXT=default))
 same => n,MacroExit()
""",
    "macro-outisbusy": """\
exten => s,1,Playback(all-circuits-busy-now,noanswer)
 same => n,Congestion(20)
""",
    "macro-dialout-trunk-predial-hook": "exten => s,1,MacroExit()\n",
}

INCLUDES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {  # file -> (section, its includes)
    "sip.conf": (
        ("general", ("sip_general_additional", "sip_general_custom", "sip_nat", "sip_registrations_custom", "sip_registrations")),
        ("", ("sip_custom", "sip_additional", "sip_custom_post")),
    ),
    "iax.conf": (
        ("general", ("iax_general_additional", "iax_general_custom", "iax_registrations_custom", "iax_registrations")),
        ("", ("iax_custom", "iax_additional", "iax_custom_post")),
    ),
    "pjsip.conf": (
        ("", ("pjsip_transport_custom", "pjsip_transport_additional", "pjsip_custom", "pjsip_additional", "pjsip_custom_post")),
    ),
    "features.conf": (
        ("general", ("features_general_additional", "features_general_custom")),
        ("featuremap", ("features_featuremap_additional", "features_featuremap_custom")),
        ("applicationmap", ("features_applicationmap_additional", "features_applicationmap_custom")),
    ),
    "confbridge.conf": (("general", ()), ("", ("confbridge_additional", "confbridge_custom"))),
    "http.conf": (("general", ("http_additional", "http_custom")),),
    "rtp.conf": (("general", ("rtp_additional", "rtp_custom")),),
    "cel.conf": (("general", ("cel_general_additional", "cel_general_custom")),),
    "logger.conf": (("general", ()), ("logfiles", ())),
    "udptl.conf": (("general", ()),),
    "iaxprov.conf": (("default", ()),),
}  # fmt: skip


def stand_ins(
    files: Mapping[str, bytes], dangling: Collection[str], *, etc_dir: str = "/etc/asterisk"
) -> dict[str, bytes]:
    """Files to put where links lead nowhere: path -> content. None when nothing generated was handed over either."""
    if f"{etc_dir}/extensions_additional.conf" not in files:
        return {}
    made: dict[str, bytes] = {}
    for path in dangling:
        folder, _, name = path.rpartition("/")
        if folder != etc_dir:
            continue
        if name == "extensions.conf":
            made[path] = _extensions(files, etc_dir).encode()
        elif name in INCLUDES:
            made[path] = _including(INCLUDES[name]).encode()
    return made


def _extensions(files: Mapping[str, bytes], etc_dir: str) -> str:
    text = b"\n".join(
        content
        for path, content in files.items()
        if path.startswith(f"{etc_dir}/extensions_") and path.endswith(".conf")
    )
    present = {match.decode("utf-8", "replace") for match in re.findall(rb"^\[([^\]]+)\]", text, re.M)}
    parts = [EXTENSIONS_INCLUDES]
    parts += [f"[{name}]\n{body}" for name, body in CONTEXTS.items() if name not in present]
    return "\n".join(parts)


def _including(sections: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    lines: list[str] = []
    for section, includes in sections:
        if section:
            lines.append(f"[{section}]")
        lines += [f"#tryinclude {name}.conf" for name in includes]
    return "\n".join(lines) + "\n"
