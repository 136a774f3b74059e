"""The classifier under its public name; it is implemented in `errors/classify.py`."""

from .errors.classify import classify

__all__ = ["classify"]
