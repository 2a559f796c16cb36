"""A product's phone system with files and database behind a line that can be cut, enrolled and backed up once a file of tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connections

from ringkeep.fleet.actions import Order, address, enrol
from ringkeep.fleet.models import PhoneSystem
from ringkeep.jobs.actions import start
from ringkeep.jobs.models import SUCCEEDED
from ringkeep.lab import image as images
from ringkeep.standing.places import Standing
from tests.conftest import _use
from tests.restores.line import Line
from tests.restores.working import work
from tests.standing import standing

NARVAN = Path(__file__).parents[2] / "samples/narvan"


@pytest.fixture(scope="module")
def narvan() -> Iterator[Standing]:
    """A FreePBX-like system with Asterisk 16 and MariaDB."""
    if images.find(16) is None:
        pytest.skip("no image of Asterisk 16 on this machine")
    with standing("narvan-restored", NARVAN, 16) as made:
        yield made


@pytest.fixture(scope="module")
def line(narvan: Standing) -> Iterator[Line]:
    """The way that Ringkeep takes to it."""
    made = Line(narvan.port)
    yield made
    made.close()


@pytest.fixture(scope="module")
def backed_up_home(made_home: Path, narvan: Standing, line: Line, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A RINGKEEP_HOME that knows it and has one backup of it, to be copied."""
    place = tmp_path_factory.mktemp("backed-up") / "home"
    shutil.copytree(made_home, place)
    with pytest.MonkeyPatch.context() as patch:
        _use(place, patch)
        order = Order(
            "narvan", address(f"ssh://{narvan.user}@127.0.0.1:{line.port}"), key=Path(narvan.key).read_text(), sudo=True
        )
        made = enrol(order, datetime.now(UTC))
        PhoneSystem.objects.filter(pk=made.pk).update(drill="none")
        job = start("backup", {"reason": "asked"}, key="backup:1", phone_system=made.pk)
        assert work() == 0
        job.refresh_from_db()
        assert job.state == SUCCEEDED, job.error
        connections.close_all()
    return place


@pytest.fixture
def system(backed_up_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSystem]:
    """The phone system in a RINGKEEP_HOME of the test's own."""
    place = tmp_path / "home"
    shutil.copytree(backed_up_home, place, symlinks=True)
    _use(place, monkeypatch)
    yield PhoneSystem.objects.get(name="narvan")
    connections.close_all()
