"""A phone system is called in a list what its makers call it."""

from __future__ import annotations

import pytest

from ringkeep.fleet.console import product_of


@pytest.mark.parametrize(
    ("product", "version", "said"),
    [
        ("freepbx", "16.28.0", "FreePBX · Asterisk 16.28.0"),
        ("asterisk", "22.10.1", "Asterisk 22.10.1"),
        (None, None, "? · Asterisk ?"),
    ],
)
def test_a_product_is_called_by_its_name(product: str | None, version: str | None, said: str) -> None:
    assert product_of({"product": product, "asterisk": version}) == said
