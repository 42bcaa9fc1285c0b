"""People's pictures. What was uploaded is decoded, and drawn anew: nothing of the file itself is kept."""

import hashlib
import struct
from io import BytesIO
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from accounts.models import User
from accounts.profile.models import Avatar
from core import file_lock

MOST_PIXELS = 25_000_000
SIDE = 256
FORMATS = ("JPEG", "PNG")
REDUCIBLE = ("RGB", "RGBA", "L", "LA", "CMYK")
GREY_16_BITS = ("I", "I;16", "I;16B", "I;16L")
# What Pillow raises of files that are not what they say, and of ones too large to be asked for.
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def drawn(data: bytes) -> bytes:
    """A square JPEG of it, upright. Raises ValidationError."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            _refuse_a_bomb(image)
            image.draft("RGB", (2 * SIDE, 2 * SIDE))  # a large JPEG is decoded smaller
            with _alone():
                return _encoded(_flat(_upright(image)))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationError(
            _("The picture has more than %(millions)s million pixels. Choose a smaller one or scale it down.")
            % {"millions": MOST_PIXELS // 1_000_000},
            code="pixels",
        ) from None
    except BROKEN:
        raise ValidationError(
            _("This file is not a complete JPG or PNG picture. Choose another, or save it again as JPG."),
            code="not_a_picture",
        ) from None


def _alone() -> IO[str]:
    """A decoded one may take 100 MB: no two at once."""
    return file_lock.acquire(settings.VAR / "picture.lock", settings.LOCK_SECONDS)


def _refuse_a_bomb(image: Image.Image) -> None:
    """By what its head says, before anything is unpacked."""
    if image.width * image.height > MOST_PIXELS:
        raise Image.DecompressionBombError


def _upright(image: Image.Image) -> Image.Image:
    """Made smaller before anything copies it."""
    image.load()
    factor = min(image.size) // (2 * SIDE)
    if factor > 1 and image.mode in REDUCIBLE:
        image = image.reduce(factor)
    return ImageOps.exif_transpose(image)


def _flat(image: Image.Image) -> Image.Image:
    """In RGB; what is transparent is white."""
    if image.mode in GREY_16_BITS:
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _encoded(image: Image.Image) -> bytes:
    square = ImageOps.fit(image, (SIDE, SIDE), Image.Resampling.LANCZOS)
    clean = Image.new("RGB", square.size)  # without the comment and profile that came with it
    clean.paste(square)
    out = BytesIO()
    clean.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()


def keep(user: User, image: bytes) -> Avatar:
    """`image`: as `drawn` gives it."""
    version = hashlib.sha256(image).hexdigest()[:16]
    return Avatar.objects.update_or_create(user=user, defaults={"image": image, "version": version})[0]
