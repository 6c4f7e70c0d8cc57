"""Where state lives, and who may open it; and what every room above asks of a web address in a setting."""
