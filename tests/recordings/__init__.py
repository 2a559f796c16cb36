"""What real Asterisks wrote, recorded by `record.py`, and the program that records it again."""
