"""Built-in toolsets that make requests, and the rules for where they may go."""
