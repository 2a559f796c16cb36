"""Single extensions of a plain Asterisk brought back into its files as they are now; every other byte stays.

An extension is its sections in pjsip.conf, sip.conf or iax.conf and its line in voicemail.conf. The dialplan is not
touched: it belongs to no single extension. Pure: files in, files out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ringkeep.asterisk.conf import Configuration, Files, Section, read_configuration
from ringkeep.asterisk.conf_editor import ConfEditor, EditRefused
from ringkeep.phonesystem.readers import read_phone_system
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.restores.selection import SelectionError

ETC = "/etc/asterisk"
FILES = {"pjsip": "pjsip.conf", "sip": "sip.conf", "iax2": "iax.conf"}
Key = tuple[str, str]  # file, name of the section


def brought_back(live: Files, backup: Files, number: str = "") -> dict[str, bytes]:
    """The live files that change when the backup's extensions (one of them: `number`) are brought back.

    Extensions that only the live system has stay. Raises `SelectionError` when it cannot be done by changing them alone.
    """
    sections, boxes = _belonging(backup, number)
    if number and not sections:
        raise SelectionError(Sentence("The backup has no extension {extension}.", {"extension": number}))
    work = {**live}
    for file, name in sorted(sections):
        then = read_configuration(backup, f"{ETC}/{file}")
        if then:
            work[f"{ETC}/{file}"] = _section(work, file, name, then)
    for context, box in sorted(boxes):
        work.update(_mailbox(work, backup, context, box))
    return {path: content for path, content in work.items() if live.get(path) != content}


def _belonging(files: Files, number: str) -> tuple[set[Key], set[tuple[str, str]]]:
    """The sections and mailboxes of the extensions."""
    system = read_phone_system(dict(files), product="asterisk", database={}, paths=set(files), tables={})
    sections: set[Key] = set()
    boxes = set()
    for one in system.extensions:
        if (number and one.number != number) or one.technology not in FILES:
            continue
        file = FILES[one.technology]
        names = {one.endpoint, one.aor or one.endpoint}
        configuration = read_configuration(files, f"{ETC}/{file}")
        endpoint = configuration.section(one.endpoint) if configuration else None
        names |= {word.strip() for word in (endpoint.get("auth") or "").split(",")} if endpoint else set()
        sections |= {(file, name) for name in names if name}
        if one.mailbox:
            box, _, context = one.mailbox.partition("@")
            boxes.add((context or "default", box))
    return sections, boxes


def _named(configuration: Configuration, name: str) -> list[Section]:
    return [one for one in configuration.sections if one.name == name and not one.is_template]


def _written(section: Section) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    return section.parents, [(entry.name, entry.value) for entry in section.own_entries]


def _section(files: Mapping[str, bytes], file: str, name: str, then: Configuration) -> bytes:
    path = f"{ETC}/{file}"
    if path not in files:
        raise SelectionError(
            Sentence("{path} is not there any more: restore with --only configuration.", {"path": path})
        )
    wanted = [_written(one) for one in _named(then, name)]
    editor = ConfEditor(files, path)
    if [_written(one) for one in _named(editor.configuration, name)] == wanted:
        return editor.content
    elsewhere = [one.place for one in _named(editor.configuration, name) if one.place.file != path]
    if elsewhere:
        raise SelectionError(
            Sentence(
                "[{name}] stands in {file}: restore with --only configuration.",
                {"name": name, "file": elsewhere[0].file},
            )
        )
    known = {one.name for one in editor.configuration.sections if one.is_template}
    lost = sorted({parent for parents, _ in wanted for parent in parents} - known)
    if lost:
        raise SelectionError(
            Sentence(
                "[{name}] needs the template [{template}], which is gone: restore with --only configuration.",
                {"name": name, "template": lost[0]},
            )
        )
    try:
        try:
            _change(editor, name, wanted)
        except EditRefused:
            editor = ConfEditor(files, path)
            _replace(editor, name, wanted)
    except EditRefused as error:
        raise SelectionError(
            Sentence("[{name}] cannot be brought back by itself ({why}).", {"name": name, "why": error})
        ) from error
    if [_written(one) for one in _named(editor.configuration, name)] != wanted:
        raise SelectionError(
            Sentence("[{name}] cannot be brought back by itself: restore with --only configuration.", {"name": name})
        )
    return editor.content


def _change(editor: ConfEditor, name: str, wanted: list[tuple[tuple[str, ...], list[tuple[str, str]]]]) -> None:
    """Value by value, where the same options stand there in the same order."""
    now = _named(editor.configuration, name)
    if [(_written(one)[0], [key for key, _ in _written(one)[1]]) for one in now] != [
        (parents, [key for key, _ in entries]) for parents, entries in wanted
    ]:
        raise EditRefused("other options stand there")
    for index, (_, entries) in enumerate(wanted):
        for at, (_, value) in enumerate(entries):
            entry = _named(editor.configuration, name)[index].own_entries[at]
            if entry.value != value:
                editor.set_value(entry, value)


def _replace(editor: ConfEditor, name: str, wanted: list[tuple[tuple[str, ...], list[tuple[str, str]]]]) -> None:
    while found := _named(editor.configuration, name):
        editor.remove_section(found[-1])
    for parents, entries in wanted:
        editor.add_section(name, entries, parents=parents)


def _mailbox(files: Mapping[str, bytes], backup: Files, context: str, box: str) -> dict[str, bytes]:
    path = f"{ETC}/voicemail.conf"
    then = read_configuration(backup, path)
    section = then.section(context) if then else None
    wanted = section.entry(box) if section else None
    if wanted is None or path not in files:
        return {}
    editor = ConfEditor(files, path)
    here = editor.configuration.section(context)
    now = here.entry(box) if here else None
    try:
        if here is None:
            raise EditRefused(f"the context [{context}] is gone")
        if now is None:
            editor.add_entry(here, box, wanted.value, is_object=wanted.is_object)
        elif now.value != wanted.value:
            editor.set_value(now, wanted.value)
    except EditRefused as error:
        raise SelectionError(
            Sentence("The mailbox {box} cannot be brought back by itself ({why}).", {"box": box, "why": error})
        ) from error
    return {path: editor.content}


def counted(changed: Mapping[str, bytes], live: Files) -> int:
    """How many lines differ, for the preview."""
    lines = 0
    for path, content in changed.items():
        before, after = Counter(live.get(path, b"").splitlines()), Counter(content.splitlines())
        lines += max((before - after).total(), (after - before).total())
    return lines
