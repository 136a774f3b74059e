"""Keeping secrets out of what is shown: in whole texts (`redact`) and in texts that arrive in pieces (`stream`)."""
