"""The one error of everything that computes a dialplan's values."""

from __future__ import annotations


class Unknowable(Exception):
    """The value depends on something only the running system has; the text says on what."""
