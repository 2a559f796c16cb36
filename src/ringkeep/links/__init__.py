"""Connections to phone systems, with timeouts and typed errors.

LinkError                   why a phone system could not be reached or did not do what was asked
  permanent=True            no use in trying again: a changed host key, a refused login, sudo that is not allowed
  permanent=False           may pass: unreachable, cut, took too long
"""

from __future__ import annotations

from ringkeep.phonesystem.sentences import Sentence, Told


class LinkError(Told):
    """`kind` is one word from the table below; the message says what happened and what to do, without secrets."""

    # host-key-changed refused-login no-sudo unreachable timeout cut no-room failed
    def __init__(self, kind: str, says: Sentence, *, permanent: bool = False) -> None:
        super().__init__(says)
        self.kind, self.permanent = kind, permanent
