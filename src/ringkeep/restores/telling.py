"""What is said of a restore in a terminal, in either language: what would change, and how it went."""

from __future__ import annotations

from typing import Any

from ringkeep.explanations.differences import HEADINGS, SIGNS
from ringkeep.phonesystem.compare import capital
from ringkeep.phonesystem.differences.telling import AUDIENCES
from ringkeep.phonesystem.sentences import sentence
from ringkeep.restores.words import CHECKS
from ringkeep.sources.errors import size_text
from ringkeep.translation import Words, shown


def show(result: dict[str, Any], words: Words) -> None:
    """The preview: what is lost, then who notices what, the callers first; then numbers and warnings."""
    if result["changes"]:
        print(words("With {backup} restored, compared with now:").format(backup=result["backup"]))
    lost = [one for one in result["changes"] if one["change"] == "removed" and one.get("field") is None]
    if lost:
        print(words("Lost, because it was made since the backup"))
    for change in lost:
        print(f"  {SIGNS[change['change']]} {said(change, words)}")
    for audience in AUDIENCES:
        told = [one for one in result["changes"] if one["audience"] == audience and one not in lost]
        if told:
            print(words(HEADINGS[audience]))
        for change in told:
            print(f"  {SIGNS[change['change']]} {said(change, words)}")
    if not result["changes"]:
        print(words("Callers, staff and carriers would notice nothing."))
    counts, number = result["counts"], words.number
    print(
        words("Files: {written} new ones, {replaced} to replace ({size} in all), {removed} to remove; {kept} newer ones stay").format(
            written=number(counts["written"]), size=words.digits(size_text(counts["bytes"])),
            replaced=number(counts["replaced"]), removed=number(counts["removed"]), kept=number(counts["kept"]),
        )
    )  # fmt: skip
    if counts["databases"]:
        print(words("Databases: {names}").format(names=", ".join(shown(name) for name in counts["databases"])))
    if counts["states"]:
        print(words("States of phones to set: {count}").format(count=number(counts["states"])))
    for path, why in counts["left"]:
        print(words("left: {path}: {why}").format(path=shown(path), why=words(why)))
    for warning in result["warnings"]:
        print(words("warning: {text}").format(text=said(warning, words)))


def said(one: dict[str, Any], words: Words) -> str:
    """A kept sentence in the reader's language."""
    if "says" not in one:
        return shown(one["text"])
    return capital(words.say(sentence(one["says"])))


def show_end(result: dict[str, Any], words: Words) -> None:
    """How it went."""
    names = {"system": shown(result["phone_system"]), "backup": result["backup"], "before": result["before"]}
    if not result["checks"]:
        print(words("{system} is already as in {backup}: nothing was changed.").format(**names))
        return
    for check in result["checks"]:
        print(
            f"  {words('good') if check['ok'] else words('BAD')}  {words(CHECKS[check['what']])}: {shown(check['found'])}".rstrip(
                ": "
            )
        )
    if result.get("trunks_released"):
        print(words("The trunks of {system} are let go: it may log in at its carriers.").format(**names))
    else:
        print(words("Restored {system} from {backup}.").format(**names))
    if result["first_answer_s"] is not None:
        print(
            words("The first call was answered {time} after the swap began.").format(
                time=words.duration(result["first_answer_s"])
            )
        )
    print(words("The way back: {before}.").format(**names))
    if result["trunks_held"]:
        print(words("Its trunks are held: --release-trunks lets them go."))
