"""Trunks whose carrier is not recognised, or which cannot log in there."""

from __future__ import annotations

from collections.abc import Iterator

from ringkeep.asterisk.conf import Section
from ringkeep.phonesystem.checks.finding import Finding
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.readers.pjsip import Objects, names
from ringkeep.phonesystem.sentences import Sentence


def check_carriers(known: Known) -> Iterator[Finding]:
    """Every trunk and every registration."""
    contexts = known.system.dialplan.contexts
    for trunk in known.system.trunks:
        who = Sentence("trunk {name}", {"name": trunk.name})
        if trunk.context and contexts and trunk.context not in contexts:
            says = Sentence(
                "calls from {who} enter context {context}, which is not in the dialplan",
                {"who": who, "context": trunk.context},
            )
            yield Finding("context-missing", "bad", trunk.place, says)
        if not trunk.context and trunk.technology == "pjsip" and "default" not in contexts:
            says = Sentence("{who} names no context and the dialplan has no [default]", {"who": who})
            yield Finding("context-missing", "bad", trunk.place, says)
        if trunk.technology == "pjsip" and known.objects is not None:
            endpoint = known.objects.get("endpoint", trunk.endpoint)
            if endpoint:
                yield from _pjsip_trunk(who, endpoint, known.objects, matched=bool(trunk.match))
    for registration in known.objects.all("registration") if known.objects else ():
        yield from _account(Sentence("registration {name}", {"name": registration.name}), registration, known.objects)


def _pjsip_trunk(who: Sentence, endpoint: Section, objects: Objects, *, matched: bool) -> Iterator[Finding]:
    identifies = [s for s in objects.all("identify") if s.get("endpoint") == endpoint.name]
    by_line = any(
        s.get("endpoint") == endpoint.name and (s.get("line") or "no").lower() in ("yes", "true", "1")
        for s in objects.all("registration")
    )
    if not matched and not by_line and not endpoint.get("auth"):
        place = identifies[0].place if identifies else endpoint.place
        if identifies:
            template = Sentence(
                "calls from the carrier of {who} are not recognised: its identify section has no match", {"who": who}
            )
        else:
            template = Sentence(
                "calls from the carrier of {who} are not recognised: no identify section names it", {"who": who}
            )
        yield Finding("carrier-not-recognised", "bad", place, template)
    for name in names(endpoint.get("aors")):
        if objects.get("aor", name) is None:
            says = Sentence("{who} names AOR {name}, which does not exist", {"who": who, "name": name})
            yield Finding("aor-missing", "bad", endpoint.place_of("aors"), says)
    if endpoint.get("outbound_auth"):
        yield from _account(who, endpoint, objects)


def _account(who: Sentence, section: Section, objects: Objects | None) -> Iterator[Finding]:
    """Whether `outbound_auth` leads to a username and a password."""
    name = section.get("outbound_auth")
    kind = section.get("type")
    unnamed = Finding(
        "account-missing",
        "degraded",
        section.place,
        Sentence("{who} has no client_uri: it cannot register", {"who": who}),
    )
    no_address = kind == "registration" and not section.get("client_uri")
    if name is None:
        if no_address:
            yield unnamed
        return
    auth = objects.get("auth", name) if objects else None
    if auth is None:
        says = Sentence("{who} names auth {name}, which does not exist", {"who": who, "name": name})
        yield Finding("auth-missing", "bad", section.place_of("outbound_auth"), says)
        return
    lacking = [word for word in ("username", "password") if not auth.get(word) and not auth.get("md5_cred")]
    if lacking:
        values: dict[str, str | int | Sentence] = {"who": who, "name": name}
        says = Sentence("{who} has no account: auth {name} has no username and no password", values)
        if lacking == ["username"]:
            says = Sentence("{who} has no account: auth {name} has no username", values)
        elif lacking == ["password"]:
            says = Sentence("{who} has no account: auth {name} has no password", values)
        yield Finding("account-missing", "degraded", auth.place, says)
    if no_address:
        yield unnamed
