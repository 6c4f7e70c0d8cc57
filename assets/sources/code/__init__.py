"""Commits of code hosts and local repositories: what to list, following a history, one shared table."""
