"""How two phone systems differ: things and traces, joined, folded and told; `phonesystem.compare` is the way in."""
