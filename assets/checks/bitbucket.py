"""Suites for Bitbucket's raw tables."""

from assets.checks.code_commits import RULES

__all__ = ["RULES"]
