"""Tools that are Python functions: of an agent file (`toolset`) or of a Python program (`functions`)."""
