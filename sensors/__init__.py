"""What leaves the house: sensors, the action ledger, delivery, channels and message templates."""
