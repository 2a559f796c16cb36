"""One message to one address, by apprise. Neither the address nor anything apprise says of it ever gets out."""

from __future__ import annotations

import logging
import re
import threading
from typing import Any
from urllib.parse import urlsplit

from ringkeep.phonesystem.sentences import Sentence, Told

WITH_HOST = ("mailto", "mailtos", "json", "jsons", "http", "https")  # elsewhere tokens stand in the host's place
TIMEOUT_S = 10.0
AT_MOST_S = 60.0  # a server that answers a byte now and then keeps within every timeout below
STATUS = re.compile(r"error[= ](\d{3})\b")
_ = str  # marks the texts of this module for translation


class NotSent(Told):
    """The message was not delivered; the text is fit for people and logs."""


class _Heard(logging.Handler):
    """Keeps the number of an HTTP error out of what apprise logs, and nothing else: the rest may hold the address."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.status = ""

    def emit(self, record: logging.LogRecord) -> None:
        if found := STATUS.search(record.getMessage()):
            self.status = found[1]


def understood(address: str) -> bool:
    """Whether apprise knows what to do with this address."""
    return _plugin(address) is not None


def send(address: str, title: str, text: str, *, severity: str) -> None:
    """Deliver a message in plain text. Blocks for `AT_MOST_S` at most. Raises `NotSent`.

    One that is given up after that may still arrive, and once more when it is sent again.
    """
    if (hanging := _hanging.get(address)) is not None and hanging.is_alive():
        raise NotSent(Sentence("{place} still hangs on the message before", {"place": place(address)}))
    _hanging.pop(address, None)
    refused: list[NotSent] = []

    def deliver() -> None:
        try:
            _deliver(address, title, text, severity)
        except NotSent as error:
            refused.append(error)

    thread = threading.Thread(target=deliver, name="ringkeep-alarm", daemon=True)
    thread.start()
    thread.join(AT_MOST_S)
    if thread.is_alive():
        _hanging[address] = thread
        raise NotSent(
            Sentence("{place}: {reason}", {"place": place(address), "reason": Sentence("it answers without end")})
        )
    if refused:
        raise refused[0]


_hanging: dict[str, threading.Thread] = {}  # by address: one message at a time hangs on each


def _deliver(address: str, title: str, text: str, severity: str) -> None:
    plugin = _plugin(address)
    if plugin is None:
        raise NotSent(Sentence("the address is not understood"))
    heard = _Heard()
    log = logging.getLogger("apprise")
    log.addHandler(heard)
    try:
        from apprise import Apprise, NotifyFormat

        messenger = Apprise()
        messenger.add(plugin)
        delivered = messenger.notify(body=text, title=title, notify_type=severity, body_format=NotifyFormat.TEXT)
    except Exception as error:  # whatever one of 170 plugins raises, its text may hold the address
        raise NotSent(
            Sentence("{place} cannot be used ({why})", {"place": place(address), "why": type(error).__name__})
        ) from None
    finally:
        log.removeHandler(heard)
    if not delivered:
        reason = (
            Sentence("it answered {status}", {"status": heard.status})
            if heard.status
            else Sentence("it does not answer, or refuses")
        )
        raise NotSent(Sentence("{place}: {reason}", {"place": place(address), "reason": reason}))


def place(address: str) -> str:
    """What may be shown of an address: "mailto to mail.example.com"; of most kinds only the kind."""
    try:
        parts = urlsplit(address)
        host = parts.hostname if parts.scheme.lower() in WITH_HOST else None
    except ValueError:
        return "?"
    scheme = re.sub(r"[^a-z0-9+.-]", "", parts.scheme.lower())[:20] or "?"
    return f"{scheme} to {re.sub(r'[^a-zA-Z0-9.:-]', '', host)[:100]}" if host else scheme


def _plugin(address: str) -> Any:
    """Apprise's plugin for an address; a plain web address is a webhook that gets JSON."""
    _silence()
    from apprise import Apprise

    try:
        found = Apprise.instantiate(address, suppress_exceptions=True)
        if found is None and address.lower().startswith(("http://", "https://")):
            found = Apprise.instantiate("json" + address[len("http") :], suppress_exceptions=True)
    except Exception:  # an address that breaks a plugin is not understood
        return None
    if found is not None:
        # A POST that is led elsewhere arrives there as a GET without the message, and any page answers 200: that is no
        # delivery. Nor may a stranger's server lead us to addresses inside.
        found.redirects = False
        found.socket_connect_timeout = min(found.socket_connect_timeout, TIMEOUT_S)
        found.socket_read_timeout = min(found.socket_read_timeout, TIMEOUT_S)
    return found


def _silence() -> None:
    log = logging.getLogger("apprise")
    log.propagate = False  # it logs addresses, passwords included, even in warnings
    if not any(isinstance(handler, logging.NullHandler) for handler in log.handlers):
        log.addHandler(logging.NullHandler())  # or Python's last resort prints them
