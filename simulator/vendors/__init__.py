"""The company as its vendors' APIs would show it: one local HTTP server, one file per vendor."""
