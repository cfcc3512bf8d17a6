"""OpenCV, told before it is loaded how large an image it may decode, and to keep out of the log."""

import os

MAX_PIXELS = 25_000_000
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MAX_PIXELS)
os.environ["OPENCV_LOG_LEVEL"] = "SILENT"

import cv2  # noqa: E402

# The server's workers share the cores already.
cv2.setNumThreads(1)

__all__ = ["MAX_PIXELS", "cv2"]
