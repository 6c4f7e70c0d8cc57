"""What must hold of the raw tables before anything is built on them: one Great Expectations suite a table."""
