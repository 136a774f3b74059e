"""Wire formats: what is asked of a model, and how its bytes become a message.

`base` holds the terms, `assembly` builds the message, `attempt` runs one request; then one file a wire format.
"""
