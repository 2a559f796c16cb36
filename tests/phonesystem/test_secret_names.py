"""Names of settings that hold secrets, and names that only look like it."""

import pytest

from ringkeep.phonesystem.differences.secret_names import is_secret


@pytest.mark.parametrize("name", ["md5_cred", "md5cred", "dsn", "secret", "AMPDBPASS"])
def test_setting_holds_a_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["bypass", "mailbox"])
def test_setting_holds_no_secret(name: str) -> None:
    assert not is_secret(name)
