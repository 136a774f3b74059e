"""Going on: when to wait (`backoff`), when to give up on silence (`watchdog`), what to do next (`policy`), and the
chain of models that ties them together (`chain`).
"""
