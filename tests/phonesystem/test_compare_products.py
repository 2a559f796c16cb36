"""Changes as people make them on real FreePBX and Issabel systems are told as one sentence each, and no secret is ever told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest

from ringkeep.explanations.differences import document
from ringkeep.explanations.opened import opened
from ringkeep.phonesystem.compare import compare
from ringkeep.phonesystem.model import PhoneSystem
from ringkeep.translation import Words
from tests.oracle import freepbx_changes, freepbx_flows, freepbx_moves, issabel_changes
from tests.oracle.changes import bundle
from tests.oracle.nights import SYSTEMS, Case, Night, differences, real, told

pytestmark = pytest.mark.skipif(not SYSTEMS.is_dir(), reason=f"the real phone systems are not in {SYSTEMS}")
CANARY = "canary4all9secrets"


@pytest.fixture(scope="module")
def freepbx() -> tuple[Night, PhoneSystem]:
    """The real FreePBX, and as it is read."""
    night = real("freepbx16")
    return night, night.read()


@pytest.fixture(scope="module")
def issabel() -> tuple[Night, PhoneSystem]:
    """The real IssabelPBX, and as it is read."""
    night = real("issabelpbx212")
    return night, night.read()


@pytest.mark.parametrize(
    "case", freepbx_changes.CASES + freepbx_flows.CASES + freepbx_moves.CASES, ids=lambda case: case.name
)
def test_a_change_on_freepbx_is_told_once(freepbx: tuple[Night, PhoneSystem], case: Case) -> None:
    night, system = freepbx
    changes, wrong = differences(system, night, case)
    assert wrong is None, "\n".join([wrong or "", *(change.text for change in changes)])


@pytest.mark.parametrize("case", issabel_changes.CASES, ids=lambda case: case.name)
def test_a_change_on_issabel_is_told_once(issabel: tuple[Night, PhoneSystem], case: Case) -> None:
    night, system = issabel
    changes, wrong = differences(system, night, case)
    assert wrong is None, "\n".join([wrong or "", *(change.text for change in changes)])


def test_every_commit_of_the_real_bundle_is_told_as_the_one_sentence_its_subject_names() -> None:
    for subject, changes, wanted in bundle():
        assert [told(change) for change in changes] == [wanted], subject


def test_a_backup_is_compared_with_its_server_by_what_both_know() -> None:
    (backup,) = (SYSTEMS / "freepbx16").glob("*.tar.gz")
    with opened(backup) as a, opened(SYSTEMS / "freepbx16") as b:
        assert compare(a.system, b.system) == () and compare(b.system, a.system) == ()


def test_systems_of_different_products_are_compared_without_an_error(
    freepbx: tuple[Night, PhoneSystem], issabel: tuple[Night, PhoneSystem]
) -> None:
    assert len(compare(freepbx[1], issabel[1])) > 100 and len(compare(issabel[1], freepbx[1])) > 100


# -- database against files -----------------------------------------------------------------------------------


def test_a_clean_system_does_not_disagree_with_itself(
    freepbx: tuple[Night, PhoneSystem], issabel: tuple[Night, PhoneSystem]
) -> None:
    assert freepbx[1].disagreements == () and issabel[1].disagreements == ()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (freepbx_changes.forgotten, "queue 403 is random on the product's pages, but rrmemory in the files"),
        (lambda n: n.delete("incoming", extension="12125551002"), "number 12125551002 is in the files that run, but not on"),
        (lambda n: n.row("ivr_entries", ivr_id="1", selection="0").update(dest="ext-group,601,1"), "key 0 of menu 1 is ring group 601"),
        (lambda n: n.within("queues_additional.conf", "[403]", "strategy=rrmemory", "strategy=random"), "but random in the files"),
        (lambda n: n.row("sip", id="1071", keyword="secret").update(data="canary"), "the SIP password of extension 1071 is another one"),
    ],
)  # fmt: skip
def test_what_was_never_applied_or_edited_past_the_pages_is_one_disagreement(
    freepbx: tuple[Night, PhoneSystem], edit: Callable[[Night], None], said: str
) -> None:
    night = freepbx[0].copy()
    edit(night)
    (one,) = night.read().disagreements
    assert said in str(one.says) and "canary" not in str(one)


# -- secrets --------------------------------------------------------------------------------------------------

SECRET_COLUMNS = re.compile(r"(?i)password|secret|pin$|^pass|passwd|token$")
SECRET_KEYWORDS = re.compile(r"(?i)secret|pass|register$|pin$")
LINES = re.compile(
    r"(?im)^(\s*(?:secret|password|remotesecret|md5_cred|(?:user|admin)?pin|AMPMGRPASS|AMPDBPASS|register)\s*=>?\s*)(.+)$"
)


def poisoned(night: Night, canary: str) -> Night:
    """The system with every secret there is replaced by one that would be seen."""
    edited = night.copy()
    for file, text in edited.files.items():
        text = LINES.sub(rf"\g<1>{canary}", text)
        if file.startswith("voicemail"):
            text = re.sub(r"(?m)^(\d+\s*=>?\s*)[^,@]+,", rf"\g<1>{canary},", text)
        edited.files[file] = text
    for rows in edited.tables.values():
        for row in rows:
            for column, value in row.items():
                if value and SECRET_COLUMNS.search(column):
                    row[column] = canary
            keyword = row.get("keyword") or row.get("variable") or ""
            for column in ("data", "value"):
                if row.get(column) and SECRET_KEYWORDS.search(keyword):
                    row[column] = canary
    for key in edited.states:
        if re.search(r"(?i)pin$|password$", key):
            edited.states[key] = canary
    return edited


def said(a: PhoneSystem, b: PhoneSystem) -> Iterator[str]:
    for language in ("en", "fa"):
        words = Words(language)
        yield from (json.dumps(document(change, words), ensure_ascii=False) for change in compare(a, b))


@pytest.mark.parametrize("name", ["freepbx", "issabel"])
def test_no_secret_of_a_real_system_is_ever_told(name: str, request: pytest.FixtureRequest) -> None:
    night, system = request.getfixturevalue(name)
    other = poisoned(night, CANARY).read()
    known = (
        {e.secret for e in system.extensions} | {t.secret for t in system.trunks} | {m.pin for m in system.mailboxes}
    )
    secrets = {secret for secret in known if secret and len(secret) > 8} | {CANARY}
    forth, back = list(said(system, other)), list(said(other, system))
    assert len(forth) > 100
    for text in (*forth, *back):
        assert not any(secret in text for secret in secrets), text
