"""A real Asterisk, called anew, writes nothing that the readers call broken."""

from __future__ import annotations

from ringkeep.asterisk.cdr import read_cdr_csv
from ringkeep.asterisk.cel import read_cel_csv
from ringkeep.asterisk.queue_log import read_queue_log
from ringkeep.asterisk.voicemail import SPOOL, read_spool
from tests.recordings.record import recorded


def test_what_asterisk_22_writes_today_is_read_whole() -> None:
    files = recorded(22)
    queues = read_queue_log(files["queue_log"])
    assert (len(queues.records), queues.broken) == (files["queue_log"].count(b"\n"), 0)
    for reading in (read_cdr_csv(files["cdr-csv.csv"]), read_cel_csv(files["cel-custom.csv"])):
        assert len(reading.records) > 50
        assert (reading.broken, reading.mended) == (0, 0)
    mail = {f"{SPOOL}/{name.removeprefix('voicemail/')}": text for name, text in files.items() if "voicemail" in name}
    spool = read_spool(mail, mail)
    assert sum(box.messages for box in spool.boxes) == 4
    assert spool.broken == 0
