"""Asterisk without a product around it: what its own configuration says."""

from __future__ import annotations

from ringkeep.pbx.facts import Product

PRODUCT = Product(
    name="asterisk",
    signs="",
    recognised=lambda _: "",  # whatever no other product claims; that Asterisk is there was seen before
    databases=("asterisk", "asteriskcdrdb", "asterisk_realtime", "cdr"),
    records=("asteriskcdrdb", "cdr"),
)
