"""From bytes to pixels: only what is a whole image, of a known kind, and not too large."""

import numpy as np

from errors import ServiceError
from opencv import MAX_PIXELS, cv2

JPEG_SCAN, JPEG_END = b"\xff\xda", b"\xff\xd9"
PNG_END = b"IEND\xaeB`\x82"


def decode(content: bytes) -> np.ndarray:
    """Return an image as an array of height × width × (blue, green, red).

    Raises:
        ServiceError: 415 when it is no JPEG, PNG or WebP, 413 when it has too many pixels, 422 when it cannot be read.
    """
    if not is_whole(content):
        raise ServiceError(422, "truncated_image", "The image is cut off: its end is missing.", "image")
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        # OpenCV has read the header only: nothing of this size was allocated.
        if "CV_IO_MAX_IMAGE_PIXELS" in str(error):
            raise ServiceError(413, "too_many_pixels", f"The image has more than {MAX_PIXELS:,} pixels.", "image") from None
        image = None
    if image is None:
        raise ServiceError(422, "unreadable_image", "The image is damaged.", "image")
    return image


def is_whole(content: bytes) -> bool:
    """Tell whether an image's end is there; the decoders would paint what is missing grey and say nothing.

    Raises:
        ServiceError: 415 when it is no JPEG, PNG or WebP. OpenCV knows more formats; each is one more way in.
    """
    if content.startswith(b"\xff\xd8\xff"):
        # A thumbnail inside the header has an end of its own: the end that counts comes after the last scan.
        return content.rfind(JPEG_END) > content.rfind(JPEG_SCAN) > 0
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG_END in content
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return len(content) >= 8 + int.from_bytes(content[4:8], "little")
    raise ServiceError(415, "unsupported_media_type", "Send a JPEG, PNG or WebP image.", "image")
