"""Agent files: their shape (`schema`), reading (`loading`), and the resolved agents and models (`resolved`)."""
