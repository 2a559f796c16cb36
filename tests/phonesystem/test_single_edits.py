"""One word or number edited anywhere in a phone system is told as what it is: nothing that did not change, nothing unsaid."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

import pytest

from ringkeep.phonesystem.compare import compare
from ringkeep.phonesystem.sentences import Sentence
from ringkeep.translation import Words
from tests.oracle.handwritten_changes import saba
from tests.oracle.house_changes import house
from tests.oracle.nights import Night

EDITS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"[A-Za-zء-ی]{3,}", lambda word: word[:-1] + ("x" if word[-1] != "x" else "y")),
    (r"\d+", lambda number: str(int(number) + 1).zfill(len(number))),
)
COMMENTS = re.compile(r";--.*?--;", re.DOTALL)
QUIET = re.compile(r"^\s*$|^\s*;|;.*$")


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("queues.conf", "223,0,Support 3,", "223,0,Third desk,",
         ["Extension 223 (Support 3) is now called Third desk in queue support (301), was Support 3"]),
        ("queues.conf", "223,0,Support 3,", "223,2,Support 3,",
         ["The penalty of extension 223 (Support 3) in queue support (301) is now 2, was 0"]),
        ("queues.conf", "Support 3,PJSIP/223", "Support 3,PJSIP/224",
         ["Whether extension 223 (Support 3) is busy for queue support (301) is now told by PJSIP/224, was PJSIP/223"]),
        ("queues.conf", "PJSIP/223,0,Support 3,PJSIP/223", "PJSIP/223",
         ["Extension 223 (Support 3) no longer has a name of its own in queue support (301), was Support 3",
          "Whether extension 223 (Support 3) is busy for queue support (301) is now told by its own line, was PJSIP/223"]),
        ("queues.conf", "PJSIP/223,0", "PJSIx/223,0",
         ["Extension 223 (Support 3) no longer answers queue support (301)", "PJSIx/223 now answers queue support (301)"]),
        ("pjsip.conf", "rtp_symmetric = yes", "rtp_symmetrix = yes",
         [r"Setting rtp_symmetric is no longer set, was yes, for 25 extensions.*", r"Setting rtp_symmetrix is now yes, was not set, for 25 ext.*"]),
    ],
)  # fmt: skip
def test_an_edit_of_the_sample_is_told_as_what_it_is(file: str, old: str, new: str, told: list[str]) -> None:
    texts = after_edit(saba(), file, old, new)
    assert len(texts) == len(told) and all(map(re.fullmatch, map(_plain, told), texts)), texts


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("extensions.conf", "exten => 300,1,Answer()", "exten => 300,2,Answer()",
         ["The dialplan of 300 in phones changed to 2: Answer(), was Answer()"]),
        ("pjsip.conf", "[104](paor)", "[104](paox)",
         ["Asterisk no longer takes anything of pjsip.conf: it cannot read line 65"]),
        ("res_parking.conf", "[default]", "[defaulx]",
         ["A part of parking lot defaulx (700) was added: res_parking.conf [defaulx]",
          "A part of parking lot defaulx (700) was removed: res_parking.conf [default]"]),
    ],
)  # fmt: skip
def test_an_edit_of_the_house_is_told_as_what_it_is(file: str, old: str, new: str, told: list[str]) -> None:
    assert sorted(after_edit(house(), file, old, new)) == told


def test_the_option_of_a_mailbox_is_not_the_end_of_the_mailbox_nor_another_dial_string_the_end_of_a_trunk() -> None:
    night = saba()
    texts = after_edit(night, "voicemail.conf", "attach=yes", "attacx=yes")
    assert not any("removed" in text for text in texts), texts
    trunk = after_edit(night, "pjsip.d/trunks.conf", "type = auth", "typx = auth")
    assert "Trunk carrier-a was removed" not in trunk and "The SIP password of trunk carrier-a changed" in trunk


def after_edit(night: Night, file: str, old: str, new: str) -> list[str]:
    """What is told of a file's first such text replaced."""
    edited = night.copy()
    assert old in edited.files[file]
    edited.files[file] = edited.files[file].replace(old, new, 1)
    return [change.text for change in compare(night.read(), edited.read())]


def _plain(told: str) -> str:
    return told if ".*" in told else re.escape(told)


# -- anywhere ----------------------------------------------------------------------------------------------------------


def mutants(night: Night, seed: int, count: int) -> Iterator[tuple[str, Night]]:
    """Copies with one word or number changed somewhere in a line that means something: (what was done, the copy)."""
    chance = random.Random(seed)
    files = {name: COMMENTS.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text) for name, text in night.files.items()}
    lines = [(name, n, QUIET.sub("", line)) for name, text in files.items() for n, line in enumerate(text.split("\n"))]
    lines = [one for one in lines if one[2]]
    while count:
        name, number, line = chance.choice(lines)
        places = [(found, edit) for pattern, edit in EDITS for found in re.finditer(pattern, line)]
        if not places:
            continue
        found, edit = chance.choice(places)
        made, count = night.copy(), count - 1
        text = made.files[name].split("\n")
        text[number] = line[: found.start()] + edit(found[0]) + line[found.end() :]
        made.files[name] = "\n".join(text)
        yield f"{name}:{number + 1}: {line!r} became {text[number]!r}", made


def says_nothing(says: Sentence) -> bool:
    """Whether it says that something is now what it was."""
    values = {name: str(value) for name, value in says.values.items()}
    pair = "{from}" in says.template and "{to}" in says.template and values.get("from") == values.get("to")
    return pair or any(says_nothing(one) for one in says.values.values() if isinstance(one, Sentence))


@pytest.mark.parametrize(("make", "count"), [(saba, 40), (house, 80)])
def test_no_edit_goes_untold_and_no_sentence_says_that_something_is_now_what_it_was(
    make: Callable[[], Night], count: int
) -> None:
    night = make()
    base, words = night.read(), Words("fa")
    for what, edited in mutants(night, 20261125, count):
        system = edited.read()
        for changes in (compare(base, system), compare(system, base)):
            assert changes, what
            for change in changes:
                assert not says_nothing(change.says) and (change.before is None or change.before != change.after), what
                said = change.says.said(words)
                assert re.search("[آ-ی]", said), (what, said)
