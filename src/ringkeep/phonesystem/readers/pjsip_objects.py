"""The objects of res_pjsip: sections of pjsip.conf by type and name, and those that pjsip_wizard.conf makes.

Source: https://docs.asterisk.org/Configuration/Channel-Drivers/SIP/Configuring-res_pjsip/PJSIP-Configuration-Wizard/
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from ringkeep.asterisk.conf import Configuration, Entry, Problem, Section

TRUE = ("yes", "true", "y", "t", "1", "on")
# How a wizard's parts are called, and the object each makes.
PARTS = {
    "endpoint": "endpoint", "aor": "aor", "inbound_auth": "auth", "outbound_auth": "auth", "identify": "identify",
    "registration": "registration",
}  # fmt: skip

# Types whose objects res_pjsip keeps together: one name twice, and it takes none of them.
KINDS = frozenset((
    "endpoint", "aor", "auth", "identify", "registration", "transport", "domain_alias", "outbound-publish", "inbound-publication",
    "contact", "acl", "phoneprov", "resource_list", "subscription_persistence",
))  # fmt: skip


def names(text: str | None) -> list[str]:
    """The names in a comma-separated value."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def type_of(section: Section) -> str:
    """The type of object that a section is."""
    return next((entry.value for entry in section.entries if entry.name.lower() == "type"), "")


class Objects:
    """Sections by type and name, as res_pjsip takes them: the first `type` of a section counts, names have their case.

    `wizards` is pjsip_wizard.conf, `elsewhere` are types that sorcery.conf lets somebody else keep. A name that a type has
    twice in pjsip.conf is a problem: Asterisk then takes none of that type.
    """

    def __init__(
        self,
        configuration: Configuration | None,
        wizards: Configuration | None = None,
        elsewhere: Container[str] = (),
    ) -> None:
        self.problems: list[Problem] = []
        self._table: dict[tuple[str, str], Section] = {}
        self._by_kind: dict[str, list[Section]] = {}
        twice: dict[str, Section] = {}
        for section in configuration.objects() if configuration and not configuration.refused else ():
            kind = type_of(section)
            if kind in elsewhere or self._add(kind, section):
                continue
            if kind in KINDS:
                twice.setdefault(kind, section)
        for kind, section in twice.items():
            what = f"a second {kind} {section.name}: Asterisk takes no {kind} of this file at all"
            self.problems.append(Problem("name-twice", what, section.place, fatal=True))
            self._table = {key: one for key, one in self._table.items() if key[0] != kind}
            self._by_kind.pop(kind)
        for section in wizards.objects() if wizards and not wizards.refused else ():
            if type_of(section) == "wizard":
                for made in wizard_objects(section):
                    self._add(type_of(made), made)

    def _add(self, kind: str, section: Section) -> bool:
        if (kind, section.name) in self._table:
            return False
        self._table[kind, section.name] = section
        self._by_kind.setdefault(kind, []).append(section)
        return True

    def get(self, kind: str, name: str | None) -> Section | None:
        """The section of that type and name."""
        return self._table.get((kind, name)) if name else None

    def all(self, kind: str) -> Iterator[Section]:
        """Every section of that type."""
        return iter(self._by_kind.get(kind, ()))


def wizard_objects(wizard: Section) -> Iterator[Section]:
    """The objects that a section of pjsip_wizard.conf stands for; each entry keeps its place there."""
    name = wizard.name
    hosts = names(wizard.get("remote_hosts"))
    sends_auth, accepts_auth = _is_true(wizard, "sends_auth"), _is_true(wizard, "accepts_auth")
    if sends_auth and _has(wizard, "outbound_auth"):
        yield _made(wizard, f"{name}-oauth", "outbound_auth", {"auth_type": "userpass"})
    if accepts_auth and _has(wizard, "inbound_auth"):
        yield _made(wizard, f"{name}-iauth", "inbound_auth", {"auth_type": "userpass"})
    own_contacts = wizard.get("aor/contact") is not None
    contacts = (
        [] if own_contacts else [_filled(wizard, "contact_pattern", "sip:${REMOTE_HOST}", host) for host in hosts]
    )
    limit = (
        {"max_contacts": "1"}
        if _is_true(wizard, "accepts_registrations") and not wizard.get("aor/max_contacts")
        else {}
    )
    yield _made(wizard, name, "aor", limit, contact=contacts)
    endpoint = {"aors": name}
    if sends_auth:
        endpoint["outbound_auth"] = f"{name}-oauth"
    if accepts_auth:
        endpoint["auth"] = f"{name}-iauth"
    if transport := wizard.get("transport"):
        endpoint["transport"] = transport
    yield _made(wizard, name, "endpoint", endpoint)
    if hosts and not _is_true(wizard, "accepts_registrations"):
        match = [] if wizard.get("identify/match") is not None else [_host(host) for host in hosts]
        yield _made(wizard, f"{name}-identify", "identify", {"endpoint": name}, match=match)
    if _is_true(wizard, "sends_registrations"):
        for number, host in enumerate(hosts):
            registration = {
                "server_uri": _filled(wizard, "server_uri_pattern", "sip:${REMOTE_HOST}", host),
                "client_uri": _filled(wizard, "client_uri_pattern", "sip:${USERNAME}@${REMOTE_HOST}", host),
            }
            if _is_true(wizard, "sends_line_with_registrations"):
                registration |= {"line": "yes", "endpoint": name}
            if sends_auth:
                registration["outbound_auth"] = f"{name}-oauth"
            if transport := wizard.get("transport"):
                registration["transport"] = transport
            yield _made(wizard, f"{name}-reg-{number}", "registration", registration)


def _made(wizard: Section, name: str, part: str, own: dict[str, str], **lists: list[str]) -> Section:
    """An object of a wizard; what is written for the part comes last, so that it counts."""
    section = Section(name, wizard.place)
    section.entries.append(Entry("type", PARTS[part], wizard.place_of("type")))
    section.entries += [Entry(key, value, wizard.place) for key, value in own.items()]
    section.entries += [
        Entry(key, value, wizard.place_of("remote_hosts")) for key, values in lists.items() for value in values
    ]
    prefix = f"{part}/"
    for entry in wizard.entries:
        if entry.name.startswith(prefix):
            section.entries.append(Entry(entry.name.removeprefix(prefix), entry.value, entry.place))
    return section


def _filled(wizard: Section, option: str, pattern: str, host: str) -> str:
    pattern = wizard.get(option) or pattern
    username = wizard.get("outbound_auth/username") or ""
    return pattern.replace("${REMOTE_HOST}", host).replace("${USERNAME}", username)


def _host(text: str) -> str:
    """The host of `host:port`, for matching addresses."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _is_true(section: Section, option: str) -> bool:
    return (section.get(option) or "").lower() in TRUE


def _has(section: Section, part: str) -> bool:
    return any(entry.name.startswith(f"{part}/") for entry in section.entries)
