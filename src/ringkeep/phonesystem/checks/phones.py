"""Phones that cannot register or be called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from ringkeep.asterisk.conf import Place, Section
from ringkeep.phonesystem.checks.finding import Finding
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.readers.pjsip import Objects, names
from ringkeep.phonesystem.sentences import Sentence


def check_phones(known: Known) -> Iterator[Finding]:
    """Every extension: its context, mailbox, password and the parts it needs."""
    contexts = known.system.dialplan.contexts
    for extension in known.system.extensions:
        who = Sentence("extension {number}", {"number": extension.number})
        if extension.context and contexts and extension.context not in contexts:
            says = Sentence(
                "{who} dials into context {context}, which is not in the dialplan",
                {"who": who, "context": extension.context},
            )
            yield Finding("context-missing", "bad", extension.place, says)
        box = extension.mailbox or ""
        if "@" in box and box.partition("@")[2] in known.mailbox_contexts and box not in known.mailboxes:
            says = Sentence("{who} has mailbox {box}, which is not in voicemail.conf", {"who": who, "box": box})
            yield Finding("mailbox-missing", "degraded", extension.place, says)
        if extension.technology == "pjsip" and extension.registers and known.objects is not None:
            endpoint = known.objects.get("endpoint", extension.endpoint)
            if endpoint:
                yield from (replace(f, subject=extension.number) for f in _parts(who, endpoint, known.objects))
        elif extension.technology == "sip" and not extension.secret:
            yield Finding("secret-missing", "degraded", extension.place, Sentence("{who} has no secret", {"who": who}))
    for (technology, endpoint_name), count in Counter(
        (e.technology, e.endpoint) for e in known.system.extensions
    ).items():
        if count > 1:
            says = Sentence("{name} is configured {count} times", {"name": endpoint_name, "count": count})
            yield Finding("name-twice", "degraded", Place(f"{technology}.conf", 0), says)


def _parts(who: Sentence, endpoint: Section, objects: Objects) -> Iterator[Finding]:
    """The AOR and auth sections an endpoint needs to be registered to."""
    aors = names(endpoint.get("aors"))
    if not aors:
        says = Sentence("{who} names no AOR: its phone cannot register", {"who": who})
        yield Finding("aor-missing", "bad", endpoint.place, says)
    for name in aors:
        aor = objects.get("aor", name)
        if aor is None:
            says = Sentence(
                "{who} names AOR {name}, which does not exist: its phone cannot register", {"who": who, "name": name}
            )
            yield Finding("aor-missing", "bad", endpoint.place_of("aors"), says)
        elif (aor.get("max_contacts") or "0") == "0" and not aor.get("contact"):
            # res_pjsip_registrar refuses every registration for such an AOR; the option's default is 0.
            says = Sentence(
                "{who} has AOR {name} without max_contacts: no phone can register to it", {"who": who, "name": name}
            )
            yield Finding("aor-closed", "bad", aor.place, says)
    transport = endpoint.get("transport")
    if transport and objects.get("transport", transport) is None:
        says = Sentence(
            "{who} names transport {name}, which does not exist: it cannot be called", {"who": who, "name": transport}
        )
        yield Finding("transport-missing", "bad", endpoint.place_of("transport"), says)
    for name in names(endpoint.get("auth")):
        auth = objects.get("auth", name)
        if auth is None:
            says = Sentence(
                "{who} names auth {name}, which does not exist: its phone cannot register", {"who": who, "name": name}
            )
            yield Finding("auth-missing", "bad", endpoint.place_of("auth"), says)
        elif not (auth.get("password") or auth.get("md5_cred") or auth.get("password_digest")):
            says = Sentence("{who} has no password in auth {name}", {"who": who, "name": name})
            yield Finding("secret-missing", "bad", auth.place, says)
