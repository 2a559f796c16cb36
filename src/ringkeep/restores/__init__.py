"""Bringing a backup back to a phone system: previewed, after a fresh backup, all of it or nothing."""
