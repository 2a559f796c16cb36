"""What the checks at the end of a restore are called for people."""

from __future__ import annotations

_ = str  # marks the texts of this module for translation

CHECKS = {
    "console": _("Asterisk answers"),
    "call": _("a call was answered"),
    "extensions": _("its phones are known"),
    "dialplan": _("its dialplan is there"),
    "files": _("its files are as they were to be"),
    "same": _("all that callers and staff notice is as it was to be"),
    "back": _("everything is as it was before"),
}
