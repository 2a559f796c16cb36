"""What `ringkeep restore` was asked, before any job begins."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringkeep.backups.queries import Unknown
from ringkeep.restores.asking import _target


def test_a_phone_system_that_is_retired_is_no_place_to_restore_to(home: Path) -> None:
    from ringkeep.fleet.models import Customer, PhoneSystem

    now = datetime.now(UTC)
    customer = Customer.objects.create(name="saba")
    made = PhoneSystem.objects.create(
        name="old", customer=customer, enrolled_at=now, host="127.0.0.1", user="r", host_key="x"
    )
    assert _target("old") == made == _target("127.0.0.1")
    PhoneSystem.objects.update(retired_at=now)
    for name in ("old", "127.0.0.1", "never"):
        with pytest.raises(Unknown, match="enrol"):
            _target(name)
