"""From bytes to pixels: only what is an image of a known kind, whole, and not too large."""

import re
from itertools import islice

import numpy as np

from errors import ServiceError
from opencv import MAX_PIXELS, cv2

MAX_SCANS = 100
# How a scan begins: its mark, the length of its head, and the number of colours that this length is for.
SCAN = re.compile(rb"\xff\xda\0(?:\x08\x01|\x0a\x02|\x0c\x03|\x0e\x04)")


def decode(content: bytes) -> np.ndarray:
    """Return an image as an array of height × width × (blue, green, red).

    Raises:
        ServiceError: 415 when it is no JPEG, PNG or WebP, 413 when it has too many pixels, 422 when it cannot be read
            or has too many scans.
    """
    if not is_known(content):
        raise ServiceError(415, "unsupported_media_type", "Send a JPEG, PNG or WebP image.", "image")
    if has_too_many_scans(content):
        raise ServiceError(422, "too_many_scans", f"The image has more than {MAX_SCANS} scans.", "image")
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        # OpenCV has read the header only: nothing of this size was allocated.
        if "CV_IO_MAX_IMAGE_PIXELS" in str(error):
            raise ServiceError(
                413, "too_many_pixels", f"The image has more than {MAX_PIXELS:,} pixels.", "image"
            ) from None
        image = None
    if image is None:
        raise ServiceError(422, "unreadable_image", "The image is cut off or damaged.", "image")
    return image


def is_known(content: bytes) -> bool:
    """Tell by its first bytes whether this is a JPEG, PNG or WebP. OpenCV knows more kinds; each is one more way in."""
    is_webp = content.startswith(b"RIFF") and content[8:12] == b"WEBP"
    return is_webp or content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))


def has_too_many_scans(content: bytes) -> bool:
    """Tell whether a JPEG is drawn too many times over. A scan of 14 bytes takes as long as the whole image."""
    return any(islice(SCAN.finditer(content), MAX_SCANS, None))
