"""Built-in toolsets that need no network: one module each."""
