"""Backups of the enrolled phone systems: fetched, judged complete or not, stored, kept by rules."""
