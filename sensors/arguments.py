"""What commands ask of people alike: which action, who decides it, and why."""

import argparse
import math

ACTION_ID = "its id, or the beginning of it"
WHO = "who decides this (default: %(default)s)"


def spoken(text: str) -> str:
    """Words that say something: they stay in a history that is never changed. For `argparse`."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it can't be empty; it stays in the history")
    return text.strip()


def positive(text: str) -> float:
    """A number above zero: what is good for no time is good for nothing. For `argparse`."""
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not math.isfinite(number) or number <= 0:
        raise argparse.ArgumentTypeError("it must be more than 0")
    return number
