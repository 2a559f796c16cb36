"""What the configuration refers to that was not handed over: the completeness proof."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ringkeep.asterisk.conf import Files, Place, Section
from ringkeep.phonesystem import references
from ringkeep.phonesystem.model import PhoneSystem

SOUND = re.compile(r"\.(wav|WAV|gsm|ulaw|alaw|g722|sln|sln16|sln48|mp3|g729|pcm|wav49|siren7|siren14|ogg)$")
PRODUCTS_WITH_ASTDB = ("freepbx", "issabel")
SYSTEM_FOLDERS = ("/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/")
NEVER_SHIPPED = {"chan_local.so", "chan_modem.so", "pbx_gtkconsole.so"}  # named by every old generator, gone for years


@dataclass(frozen=True, slots=True)
class MissingItem:
    """One missing thing, with the first place that refers to it."""

    kind: str  # prompt include greeting script certificate module database moh file
    name: str
    place: Place


def missing(
    system: PhoneSystem,
    files: Files,
    names: Collection[str],
    *,
    stock: Collection[str],
    directories: Mapping[str, str],
    dangling: Mapping[str, str] | None = None,
    databases: bool = False,
) -> tuple[MissingItem, ...]:
    """Everything referred to and absent, each thing once.

    `names` are all paths handed over, `stock` all paths the lab image brings, both as Asterisk sees them;
    `directories` are asterisk.conf's; `dangling` maps links to targets that are not there; `databases` says
    whether database dumps were handed over.
    """
    looker = _Looker(system, names, stock, directories)
    contexts = references.reachable(system)
    refs = list(references.find(system, contexts))
    items = [
        *_includes(system), *_dangling(dangling or {}), *looker.prompts(refs), *looker.greetings(refs), *looker.scripts(refs),
        *looker.certificates(), *looker.music(), *looker.modules(), *_databases(system, databases),
    ]  # fmt: skip
    once: dict[tuple[str, str], MissingItem] = {}
    for item in items:
        once.setdefault((item.kind, item.name), item)
    return tuple(once.values())


def _includes(system: PhoneSystem) -> Iterator[MissingItem]:
    for problem in system.problems:
        if problem.code == "include-missing":
            match = re.match(r"#include (\S+)", problem.what)
            yield MissingItem("include", match[1] if match else problem.what, problem.place)


def _dangling(dangling: Mapping[str, str]) -> Iterator[MissingItem]:
    for link, target in dangling.items():
        yield MissingItem("file", f"{link} (a link to {target})", Place(link, 0))


def _databases(system: PhoneSystem, dumps: bool) -> Iterator[MissingItem]:
    if system.product in PRODUCTS_WITH_ASTDB and not system.database:
        for context in references.reachable(system):
            for extension in context.extensions:
                for step in extension.steps:
                    if "DB(AMPUSER/" in step.arguments:
                        yield MissingItem("database", "astdb (AMPUSER, DEVICE: who has which phone)", step.place)
                        return
    configuration = system.configurations.get("res_odbc.conf")
    for section in configuration.objects() if configuration and not dumps else ():
        if section.get("dsn") and (section.get("enabled") or "yes").lower() in ("yes", "true", "1", "on"):
            yield MissingItem("database", section.get("dsn") or section.name, section.place)


class _Looker:
    def __init__(
        self, system: PhoneSystem, names: Collection[str], stock: Collection[str], directories: Mapping[str, str]
    ) -> None:
        self.system, self.names, self.stock, self.directories = system, set(names), set(stock), directories
        self.sounds = posixpath.join(directories["astdatadir"], "sounds")
        self.own = {
            self._stem(n, self.sounds) for n in self.names if n.startswith(self.sounds + "/") and SOUND.search(n)
        }
        self.brought = {
            self._stem(n, "/usr/share/asterisk/sounds") for n in self.stock if "/sounds/" in n and SOUND.search(n)
        }

    @staticmethod
    def _stem(name: str, top: str) -> str:
        return SOUND.sub("", name[len(top) + 1 :])

    # -- prompts ------------------------------------------------------------------------------------------

    def prompts(self, refs: list[references.Reference]) -> Iterator[MissingItem]:
        used = self._languages()
        for ref in [*refs, *self._queue_sounds()]:
            if ref.kind == "prompt":
                yield from self._prompt(ref.name, ref.place, used)
        for language, place in used.items():
            have = any(stem.startswith(f"{language}/") for stem in self.own | self.brought)
            if language not in ("en", "") and not have and self.own:
                yield MissingItem("prompt", f"every prompt in language {language}", place)

    def _prompt(self, name: str, place: Place, used: Mapping[str, Place]) -> Iterator[MissingItem]:
        if name.startswith("/"):
            if not any(SOUND.sub("", n) == name for n in self.names if n.startswith(name)):
                yield MissingItem("prompt", name, place)
            return
        if name in self.own or name in self.brought or f"en/{name}" in self.brought:
            return
        has = {language for language in {*used, "en"} if language and f"{language}/{name}" in self.own}
        if not has:
            yield MissingItem("prompt", name, place)
            return
        for language in used:
            folder = any(stem.startswith(f"{language}/{name.rpartition('/')[0]}") for stem in self.own)
            if language and language not in has and folder:
                yield MissingItem("prompt", f"{name} in language {language}", place)

    def _languages(self) -> dict[str, Place]:
        """The languages callers hear, with where each is set."""
        found: dict[str, Place] = {}
        for context in self.system.dialplan.contexts.values():
            for extension in context.extensions:
                for step in extension.steps:
                    if match := re.match(r"CHANNEL\(language\)\s*=\s*([a-zA-Z_]+)$", step.arguments):
                        found.setdefault(match[1], step.place)
        for trunk in self.system.trunks:
            configuration = self.system.configurations.get(f"{trunk.technology}.conf")
            for section in configuration.all_sections(trunk.endpoint) if configuration else ():
                if language := section.get("language"):
                    found.setdefault(language, section.place_of("language"))
        return found

    def _queue_sounds(self) -> Iterator[references.Reference]:
        configuration = self.system.configurations.get("queues.conf")
        for section in configuration.objects() if configuration else ():
            for option in ("periodic-announce", "announce", "queue-youarenext", "queue-thankyou"):
                for name in (section.get(option) or "").split(","):
                    if name.strip():
                        yield references.Reference("prompt", name.strip(), section.place_of(option), section.name, "")

    # -- greetings ----------------------------------------------------------------------------------------

    def greetings(self, refs: list[references.Reference]) -> Iterator[MissingItem]:
        """Shared mailboxes (no phone of their own) that play their greeting, where the others' are there."""
        spool = posixpath.join(self.directories["astspooldir"], "voicemail")
        greeted = {
            n.rpartition("/")[0]
            for n in self.names
            if n.startswith(spool) and re.search(r"/(unavail|greet|busy)\.\w+$", n)
        }
        if not greeted:
            return
        with_phone = {e.number for e in self.system.extensions} | {
            (e.mailbox or "").partition("@")[0] for e in self.system.extensions
        }
        for mailbox in self.system.mailboxes:
            folder = f"{spool}/{mailbox.context}/{mailbox.number}"
            used = self._mentioned(mailbox.number)
            if mailbox.number not in with_phone and folder not in greeted and used:
                yield MissingItem("greeting", f"mailbox {mailbox.number}@{mailbox.context}", used)

    def _mentioned(self, number: str) -> Place | None:
        for context in self.system.dialplan.contexts.values():
            for extension in context.extensions:
                for step in extension.steps:
                    if re.search(rf"(?<!\d){number}(?!\d)", step.arguments) and step.application.lower() in (
                        "voicemail",
                        "set",
                    ):
                        return step.place
        return None

    # -- scripts, certificates, music, modules --------------------------------------------------------------

    def scripts(self, refs: list[references.Reference]) -> Iterator[MissingItem]:
        agi = self.directories["astagidir"]
        for ref in refs:
            name = ref.name.split("?")[0]
            if ref.kind == "script" and name.startswith("agi://"):
                yield MissingItem("script", f"{name.rpartition('/')[2]} (a FastAGI server, {name})", ref.place)
            elif ref.kind == "script" and "://" not in name:
                path = name if name.startswith("/") else posixpath.join(agi, name)
                if path not in self.names and f"/usr/share/asterisk/agi-bin/{name}" not in self.stock:
                    yield MissingItem("script", path, ref.place)
            elif (
                ref.kind == "program"
                and name.startswith("/")
                and name not in self.names
                and not name.startswith(SYSTEM_FOLDERS)
            ):
                yield MissingItem("script", name, ref.place)

    def certificates(self) -> Iterator[MissingItem]:
        for section, option in self._certificate_options():
            value = section.get(option)
            if value:
                path = posixpath.join(self.directories["astkeydir"], value)
                if path not in self.names:
                    yield MissingItem("certificate", path, section.place_of(option))

    def _certificate_options(self) -> Iterator[tuple[Section, str]]:
        configurations = self.system.configurations
        pjsip = configurations.get("pjsip.conf")
        for section in pjsip.objects() if pjsip else ():
            if (section.get("type") or "").lower() == "transport" and (section.get("protocol") or "") in ("tls", "wss"):
                yield from ((section, option) for option in ("cert_file", "priv_key_file", "ca_list_file"))
        for name in ("http.conf", "sip.conf"):
            general = configurations[name].section("general") if name in configurations else None
            if general and (general.get("tlsenable") or "no").lower() in ("yes", "true", "1"):
                yield from ((general, option) for option in ("tlscertfile", "tlsprivatekey"))

    def music(self) -> Iterator[MissingItem]:
        configuration = self.system.configurations.get("musiconhold.conf")
        for section in configuration.objects() if configuration else ():
            folder = section.get("directory")
            if section.name == "general" or not folder or (section.get("mode") or "files") != "files":
                continue
            path = posixpath.join(self.directories["astdatadir"], folder)
            inside = [n for n in self.names if n.startswith(path.rstrip("/") + "/") and SOUND.search(n)]
            if not inside and not folder.endswith(".nomusic_reserved"):
                yield MissingItem("moh", f"class {section.name} ({path})", section.place)

    def modules(self) -> Iterator[MissingItem]:
        brought = {n.rpartition("/")[2] for n in self.stock if n.endswith(".so")}
        configuration = self.system.configurations.get("modules.conf")
        section = configuration.section("modules") if configuration else None
        for entry in section.entries if section else ():
            name = entry.value if entry.value.endswith(".so") else f"{entry.value}.so"
            if (
                entry.name.lower() in ("load", "require", "preload", "preload-require")
                and brought
                and name not in brought | NEVER_SHIPPED
            ):
                yield MissingItem("module", name, entry.place)
