"""Recordings: what models and tools answered, kept in a file, so that a turn can be run again without them.

`form` defines the file and reads it, `masking` keeps secrets out, `recorder` writes and `player` answers. Both are put
in at one place, the `tap` of `transports.router.RoutingTransport`. docs/recordings-and-traces.md describes the file.
"""
