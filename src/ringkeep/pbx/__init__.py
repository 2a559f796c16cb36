"""One folder per product: how it is recognised, what belongs in a backup of it, how that is frozen, what it is.

The rest of Ringkeep knows only these functions, not the products. A product is known by one line of PRODUCTS.
"""

from __future__ import annotations

from ringkeep.links.ssh import Connection
from ringkeep.pbx import belonging, probing, recognising
from ringkeep.pbx.asterisk import PRODUCT as ASTERISK
from ringkeep.pbx.facts import Facts, Part, Product
from ringkeep.pbx.freepbx import PRODUCT as FREEPBX
from ringkeep.pbx.issabel import PRODUCT as ISSABEL

__all__ = ["PRODUCTS", "Facts", "Part", "Product", "parts", "probe", "product", "recognise"]

PRODUCTS = (ISSABEL, FREEPBX, ASTERISK)  # asked in this order; Asterisk without a product is what is left


async def recognise(connection: Connection) -> Facts:
    """What product this is, and what it says of itself. Raises `LinkError("failed")` when there is no Asterisk."""
    return await recognising.recognise(connection, PRODUCTS)


def parts(facts: Facts) -> tuple[Part, ...]:
    """What belongs in a backup of this phone system."""
    return belonging.parts(facts, product(facts))


async def probe(connection: Connection, facts: Facts) -> str:
    """A fingerprint (hex) of all that people configure: changes when, and only when, something was changed.

    Costs the phone system under 0.5 s of CPU and the network a few KB.
    """
    return await probing.probe(connection, facts, product(facts), parts(facts))


def product(facts: Facts) -> Product:
    """The product's own knowledge; Asterisk's when its folder is gone."""
    return next((each for each in PRODUCTS if each.name == facts.product), ASTERISK)
