"""Readers: files of a product -> the model."""

from ringkeep.phonesystem.readers.asterisk import read_phone_system

__all__ = ["read_phone_system"]
