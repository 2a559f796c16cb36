"""Passwords and PINs that are guessed at once. They are looked at, never shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem.checks.finding import Finding, listed
from ringkeep.phonesystem.checks.known import Known
from ringkeep.phonesystem.model import Extension, Trunk
from ringkeep.phonesystem.sentences import Sentence

SHORT = 8  # letters; attackers try all shorter ones offline from one sniffed login
SHARED = 3  # phones with one secret
COMMON = frozenset(
    ["password", "passwd", "secret", "asterisk", "freepbx", "issabel", "elastix", "changeme", "change", "welcome", "admin", "administrator", "root", "test", "default", "user", "phone", "sip", "voip", "pbx", "trunk", "extension", "ext", "qwerty", "letmein", "abc123", "iloveyou", "mysecret", "amp111", "jr4w5t", "passw0rd", "p@ssw0rd", "pass", "abc", "a1b2c3", "trustno1", "monkey", "unsecurepassword", "password1", "password123", "tehran", "iran", "salam"]
)  # fmt: skip
SEQUENCES = ("01234567890123456789", "98765432109876543210", "qwertyuiop", "abcdefghijklmnop")
COMMON_PINS = frozenset(
    ("2580", "0852", "1212", "6969", "1004", "2000", "1122", "4321", "1313", "112233", "159753", "147258")
)


def is_weak_secret(secret: str, names: Iterable[str] = ()) -> bool:
    """Whether a SIP password is guessed at once; `names` are those of its phone."""
    plain = secret.strip().lower()
    if len(plain) < SHORT or len(set(plain)) < 4 or plain in COMMON:
        return True
    if plain.isdigit() and len(plain) < 12:
        return True
    if any(plain in sequence for sequence in SEQUENCES):
        return True
    left = plain
    for name in sorted(filter(None, names), key=len, reverse=True):
        left = left.replace(name.lower(), "")
    left = re.sub(r"[^a-z]+", "", left) if left != plain or re.fullmatch(r"[a-z@]+[0-9!_.-]{0,6}", plain) else left
    return not left or left in COMMON


def is_weak_pin(pin: str, number: str) -> bool:
    """Whether a PIN is guessed in a few tries: none, short, the number itself, a row, one digit."""
    pin = pin.lstrip("-")
    if len(pin) < 4 or pin in (number, number[::-1]) or (number and pin in (number * 2, "0" + number)):
        return True
    return len(set(pin)) == 1 or pin in COMMON_PINS or any(pin in sequence for sequence in SEQUENCES)


def advise_secrets(known: Known) -> Iterator[Finding]:
    """SIP passwords of phones and trunks."""
    own: list[Extension] = []
    weak: list[Extension] = []
    shared: dict[str, list[Extension]] = {}
    for extension in known.system.extensions:
        if not extension.secret or "$" in extension.secret:
            continue
        names = (extension.number, extension.endpoint, extension.username or "")
        shared.setdefault(extension.secret, []).append(extension)
        if extension.secret in names:
            own.append(extension)
        elif is_weak_secret(extension.secret, names):
            weak.append(extension)
    if own:
        says = Sentence("phones whose password is their own number: {numbers}", _of(own))
        yield Finding("secret-weak", _severity(own, "bad"), own[0].place, says, own[0].number, _more(own))
    if weak:
        says = Sentence("phones whose password is short or easy to guess: {numbers}", _of(weak))
        yield Finding("secret-weak", _severity(weak, "degraded"), weak[0].place, says, weak[0].number, _more(weak))
    for same in shared.values():
        if len(same) >= SHARED and not set(same) & set(own) and not set(same) & set(weak):
            says = Sentence("these phones have one and the same password: {numbers}", _of(same))
            yield Finding("secret-shared", "degraded", same[0].place, says, same[0].number, _more(same))
    lines = [t for t in known.system.trunks if is_weak_trunk(t)]
    if lines:
        says = Sentence(
            "trunks whose password is short or easy to guess: {names}", {"names": listed(t.name for t in lines)}
        )
        yield Finding(
            "trunk-secret-weak", "degraded", lines[0].place, says, lines[0].name, tuple(t.place for t in lines[1:])
        )


def is_weak_trunk(trunk: Trunk) -> bool:
    """Whether the account at the carrier, or the carrier's here, has a weak password."""
    secret = (trunk.registration.secret if trunk.registration else None) or trunk.secret
    return (
        secret is not None
        and secret != ""
        and "$" not in secret
        and is_weak_secret(secret, (trunk.name, trunk.username or ""))
    )


def _severity(phones: list[Extension], worst: str) -> str:
    """A phone that may come from a few networks only is less in danger."""
    return worst if any(not _confined(phone) for phone in phones) else "note"


def _confined(phone: Extension) -> bool:
    return bool(phone.permit) and not any(re.match(r"(0\.0\.0\.0|::)(/|$)", network) for network in phone.permit)


def _of(phones: list[Extension]) -> dict[str, str | int | Sentence]:
    return {"numbers": listed(phone.number for phone in phones)}


def _more(phones: list[Extension]) -> tuple[Place, ...]:
    return tuple(phone.place for phone in phones[1:])


def advise_pins(known: Known) -> Iterator[Finding]:
    """PINs of mailboxes and conferences."""
    weak = [m for m in known.system.mailboxes if is_weak_pin(m.pin or "", m.number)]
    if weak:
        says = Sentence(
            "mailboxes whose PIN is empty, short, their own number or a row of digits: {numbers}",
            {"numbers": listed(m.number for m in weak)},
        )
        yield Finding("pin-weak", "degraded", weak[0].place, says, weak[0].number, tuple(m.place for m in weak[1:]))
