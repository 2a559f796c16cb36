"""Modules that Asterisk does not load although calls need them."""

from __future__ import annotations

from collections.abc import Iterator

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem.checks.finding import Finding
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.sentences import Sentence

VITAL = {
    "pbx_config.so", "chan_pjsip.so", "res_pjsip.so", "chan_sip.so", "app_dial.so", "app_queue.so", "res_pjsip_session.so",
}  # fmt: skip
FOR_PJSIP = (
    "res_pjsip.so", "chan_pjsip.so", "res_pjsip_session.so", "res_pjsip_registrar.so", "res_rtp_asterisk.so",
)  # fmt: skip
FOR_APPLICATIONS = {
    "dial": "app_dial.so", "playback": "app_playback.so", "queue": "app_queue.so", "voicemail": "app_voicemail.so",
    "confbridge": "app_confbridge.so", "read": "app_read.so", "echo": "app_echo.so", "gosub": "app_stack.so",
}  # fmt: skip


def check_modules(known: Known) -> Iterator[Finding]:
    """modules.conf against what the system uses."""
    configuration = known.system.configurations.get("modules.conf")
    section = configuration.section("modules") if configuration else None
    if section is None:
        says = Sentence("modules.conf is missing or empty: Asterisk loads no module")
        yield Finding("modules-missing", "bad", Place("/etc/asterisk/modules.conf", 0), says)
        return
    automatic = (section.get("autoload") or "no").lower() in ("yes", "true", "1", "on")
    refused = {_so(e.value): e.place for e in section.entries if e.name.lower() == "noload"}
    loaded = {
        _so(e.value) for e in section.entries if e.name.lower() in ("load", "require", "preload", "preload-require")
    }
    for module, why in _needed(known):
        severity = "bad" if module in VITAL else "degraded"
        if module in refused:  # also where another line loads it: noload wins (loader.c)
            says = Sentence("{module} is not loaded, but {why}", {"module": module, "why": why})
            yield Finding("module-not-loaded", severity, refused[module], says)
        elif not automatic and module not in loaded:
            says = Sentence("{module} is not loaded (autoload is off), but {why}", {"module": module, "why": why})
            yield Finding("module-not-loaded", severity, section.place, says)


def _so(value: str) -> str:
    return value if value.endswith(".so") else f"{value}.so"


def _needed(known: Known) -> Iterator[tuple[str, Sentence]]:
    system = known.system
    if system.dialplan.contexts:
        yield "pbx_config.so", Sentence("there is a dialplan in extensions.conf")
    technologies = {e.technology for e in system.extensions} | {t.technology for t in system.trunks}
    if "pjsip" in technologies:
        for module in FOR_PJSIP:
            yield module, Sentence("phones or trunks use PJSIP")
    if "sip" in technologies:
        yield "chan_sip.so", Sentence("phones or trunks use chan_sip")
    used = {s.application.lower() for c in known.reached for e in c.extensions for s in e.steps}
    for application, module in FOR_APPLICATIONS.items():
        if application in used:
            yield module, Sentence("the dialplan uses {application}", {"application": application.capitalize()})
    if used & {"playback", "background", "queue", "voicemail"}:
        yield "format_wav.so", Sentence("prompts and messages are WAV files")
        yield "codec_ulaw.so", Sentence("calls are carried in mu-law")
