"""JSON Schema: schemas from outside (`reader`) as plain trees (`tree`), written for each API (`dialects`), schemas of
pydantic models (`models`), and validation of values (`validate`)."""
