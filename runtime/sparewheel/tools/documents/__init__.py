"""Documents of the session that an agent can search: `rag` in agent files."""
