"""What a command says when the records of RINGKEEP_HOME cannot be used: what to do, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_a_damaged_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "ringkeep.sqlite3").write_bytes(b"this is no database " * 1000)
    ended = subprocess.run(
        [Path(sys.executable).with_name("ringkeep"), "status"],
        env={**os.environ, "RINGKEEP_HOME": str(tmp_path)}, capture_output=True, text=True, timeout=40, check=False,
    )  # fmt: skip
    assert ended.returncode == 3, ended.stderr[-2000:]
    assert "is damaged" in ended.stderr and "ringkeep keys restore" in ended.stderr
    assert "Traceback" not in ended.stderr
