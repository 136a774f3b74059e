"""Traces: spans of turns, steps, attempts and tools, made from the events that a listener gets and when it got them.

`spans` has their shape, `fold` makes them, `names` has the names of their attributes; `otlp` and `chrome` write them,
`collector` sends them. docs/recordings-and-traces.md describes them.
"""
