"""The customers and their phone systems under care."""
