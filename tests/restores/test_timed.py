"""The tree that `make bench` restores on is a FreePBX of 200 extensions with its database."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringkeep.restores import preview
from tests.restores.timed import freepbx_tree

SYSTEM = Path(__file__).parents[3] / "shared/systems/freepbx16"


def test_the_tree_has_two_hundred_extensions_in_its_files_and_in_its_database(tmp_path: Path) -> None:
    if not SYSTEM.is_dir():
        pytest.skip("the real systems are not beside this checkout")
    system = preview.read(freepbx_tree(SYSTEM, tmp_path / "tree"))
    assert len(system.extensions) == 200
    assert system.tables and (tmp_path / "tree/ringkeep/databases/asterisk.sql").read_text().count("CREATE TABLE") > 80
