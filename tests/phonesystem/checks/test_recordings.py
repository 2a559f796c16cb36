"""Recordings that are missing, silent or never played; and that a review tells much in few words."""

from __future__ import annotations

from ringkeep.asterisk.conf import Place
from ringkeep.phonesystem.checks import Beside
from ringkeep.phonesystem.checks.recordings import Sounds
from tests.phonesystem.checks.reviewed import INBOUND, INTERNAL, reviewed
from tests.phonesystem.systems import TUESDAY

SOUNDS = "/var/lib/asterisk/sounds"
PLAYED = INBOUND + "exten => 5550101,1,Playback(custom/hello)\n same => n,Dial(PJSIP/201)\n" + INTERNAL


def test_a_recording_that_nothing_plays_is_a_note_once_for_all_languages() -> None:
    paths = {
        f"{SOUNDS}/{name}" for name in ("en/custom/hello.wav", "en/custom/old.wav", "fa/custom/old.wav", "en/hello.wav")
    }
    assert [(f.code, f.severity, f.subject) for f in reviewed(PLAYED, paths=paths)] == [
        ("recording-unused", "note", "old")
    ]


def test_a_recording_is_used_where_a_queue_plays_it() -> None:
    queue = {"queues.conf": "[sales]\nmember => PJSIP/201\nannounce=custom/old\n"}
    assert reviewed(PLAYED, paths={f"{SOUNDS}/custom/old.wav"}, others=queue) == ()


def test_nothing_is_unused_where_names_are_put_together_while_running() -> None:
    running = PLAYED.replace("custom/hello", "custom/${name}")
    assert reviewed(running, paths={f"{SOUNDS}/custom/old.wav"}) == ()


def test_missing_and_silent_recordings_are_told_with_their_place() -> None:
    sounds = Sounds([("custom/hello", Place("/etc/asterisk/extensions.conf", 3))], [f"{SOUNDS}/custom/mute.wav"])
    seen = reviewed(PLAYED, beside=Beside(at=TUESDAY, sounds=sounds))
    assert [(f.code, str(f.place)) for f in seen] == [
        ("prompt-missing", "/etc/asterisk/extensions.conf:3"),
        ("prompt-silent", f"{SOUNDS}/custom/mute.wav"),
    ]


def test_what_repeats_itself_is_one_finding_with_all_its_places() -> None:
    wrong = "".join(f"exten => 2{n},1,Goto(gone{n},1,1)\n" for n in range(10, 40))
    (finding,) = reviewed(INBOUND + INTERNAL + wrong)
    assert finding.what.endswith(
        "; the same for 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222 and 17 more"
    )
    assert len(finding.more) == 29


def test_phones_kept_in_a_database_are_a_note_and_not_missing() -> None:
    kept = {
        "extconfig.conf": "[settings]\nps_endpoints => odbc,asterisk\n",
        "sorcery.conf": "[res_pjsip]\nendpoint=realtime,ps_endpoints\n",
    }
    assert {(f.code, f.severity) for f in reviewed(others=kept)} == {("kept-elsewhere", "note")}
