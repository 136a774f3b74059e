"""Removal of secrets from texts that are shown: whole texts (`redact`), and texts streamed in pieces (`stream`)."""
