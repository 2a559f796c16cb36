"""Durable jobs: what takes long is a job that one can see, cancel and retry, and that a killed process takes up again."""
