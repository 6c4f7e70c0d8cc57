"""JSON that is valid but for its characters: halves of surrogate pairs (texts cut inside an emoji), control
characters, bytes that are no UTF-8.

Such a text says everything it did before; only what could not be shown is replaced.
"""

import re

# An escape; a surrogate is a pair, or a half. Others are matched so that the end of `\\ud800` is none.
_ESCAPE = re.compile(
    rb"\\(?:(?P<pair>u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
_REPLACEMENT = rb"\ufffd"
_SPACED = bytes.maketrans(bytes(range(0x20)), b" " * 0x20)


def mended(text: bytes) -> bytes:
    """The text with these replaced; numbers and everything else as they were."""
    unicode = text.decode("utf-8", "replace").encode()
    return _ESCAPE.sub(
        lambda escape: _REPLACEMENT if escape["half"] else escape[0], unicode.translate(_SPACED)
    )
