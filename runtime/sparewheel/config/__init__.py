"""Agent files: what they may say (`schema`), how they are read (`loading`), what comes out (`resolved`)."""
