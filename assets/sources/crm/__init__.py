"""What the connectors to CRMs declare and share: their objects as tables, their sessions."""
