"""Pictures inside the page: small, and part of its text, so that no request leaves it."""

import base64

import cv2

from datatools.images import RGB, resize

QUALITY = 84  # of JPEG; below 80 flat drawings show ringing


def thumbnail(image: RGB, side: int) -> RGB:
    """Return the image with its longer side at most ``side``; a smaller one as it is."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    return resize(image, max(1, round(height * scale)), max(1, round(width * scale)))


def data_uri(image: RGB, side: int) -> str:
    """Return a thumbnail as a ``data:`` address: PNG or JPEG, whichever is shorter."""
    pixels = cv2.cvtColor(thumbnail(image, side), cv2.COLOR_RGB2BGR)
    png = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
    jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
    kind, data = min((("png", png), ("jpeg", jpeg)), key=lambda option: len(option[1]))
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
