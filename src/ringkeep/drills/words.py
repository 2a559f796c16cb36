"""The sentences of a drill's report, in English; Persian comes from the catalogue (`translation`)."""

from __future__ import annotations

from ringkeep.translation import Words

_ = str  # marks a text for translation; the catalogue's test looks for it

VERDICTS = {
    "good": _("This phone system would ring again."),
    "degraded": _("It rings, but not everything is right."),
    "bad": _("This phone system would not serve its callers."),
}
STEPS = {
    "unpack": _("unpack"), "read": _("read the configuration"), "completeness": _("look for what is missing"),
    "stock boot": _("boot a stock system to compare with (once per image)"), "boot": _("boot in the lab"),
    "compare": _("compare what was loaded with what was read"), "register": _("register every phone"), "call": _("call"),
    "carriers": _("look whether the carriers let it register"),
}  # fmt: skip
KINDS = {
    "extensions": _("extensions"), "trunks": _("trunks"), "queues": _("queues"), "mailboxes": _("mailboxes"),
    "contexts": _("dialplan contexts"), "hints": _("hints"), "registered": _("phones registered"),
    "inbound": _("numbers from outside"), "menu": _("menu keys"), "queue": _("queue"), "ring_group": _("ring group"),
    "extension": _("phone to phone"), "voicemail": _("voicemail"), "feature": _("feature codes"), "outbound": _("outbound routes"),
}  # fmt: skip
MISSING = {
    "prompt": _("prompts"), "include": _("included files"), "greeting": _("mailbox greetings"), "script": _("scripts"),
    "certificate": _("certificates"), "module": _("modules"), "database": _("databases"), "moh": _("music on hold"),
    "file": _("files"),
}  # fmt: skip
SEVERITIES = {"bad": _("calls fail"), "degraded": _("wrong, but it rings"), "note": _("worth knowing")}

__all__ = ["KINDS", "MISSING", "SEVERITIES", "STEPS", "VERDICTS", "Words"]
