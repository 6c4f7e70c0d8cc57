"""Where state lives, and who may open it."""
