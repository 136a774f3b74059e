"""JSON Schema: reading (`tree`), rewriting for each provider (`dialects`), checking values (`validate`)."""
