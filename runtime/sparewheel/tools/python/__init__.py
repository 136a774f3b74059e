"""Tools written in Python in an agent file: read, described, and called."""
