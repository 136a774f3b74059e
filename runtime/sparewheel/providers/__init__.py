"""Wire formats: one module or two for each API, on top of shared ones.

`base` has the request and the interface of a format, `assembly` builds the message, `reader` decodes a response;
`reading`, `writing` and `schemas` are the parts that the formats share.
"""
