"""What commands ask of people alike: which action, who decides it, and why."""

import argparse

ACTION_ID = "its id, or the beginning of it"
WHO = "who decides this (default: %(default)s)"


def spoken(text: str) -> str:
    """Words that say something: they stay in a history that is never changed. For `argparse`."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it can't be empty; it stays in the history")
    return text.strip()
