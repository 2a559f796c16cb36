"""The settings say where the database is, and nothing of a password that was written wrongly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "url", ["postgresql://ringkeep:canary/1@127.0.0.1/ringkeep", "postgresql://ringkeep:[canary@127.0.0.1/ringkeep"]
)
def test_an_address_that_cannot_be_read_is_refused_without_a_part_of_its_password(tmp_path: Path, url: str) -> None:
    said = subprocess.run(
        [str(Path(sys.executable).with_name("ringkeep")), "status"], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "RINGKEEP_HOME": str(tmp_path), "RINGKEEP_DATABASE_URL": url},
    )  # fmt: skip
    assert said.returncode == 3 and "RINGKEEP_DATABASE_URL must look like" in said.stderr, said.stderr
    assert "canary" not in said.stdout + said.stderr
