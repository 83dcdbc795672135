"""The file server: attachments behind signed URLs that expire after a day."""

import hashlib
import hmac
import io
import mimetypes
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from PIL import Image, UnidentifiedImageError

from bot.local_discord.clock import Clock
from bot.local_discord.message import Attachment

ADDRESS = re.compile(r"/cdn/(?:ephemeral-)?attachments/\d+/(\d+)/[^/]+")
LIFETIME = 24 * 60 * 60  # seconds
IMAGE_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}

UNREADABLE = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,  # what Pillow calls a broken PNG
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    """A file as it arrived in a multipart body; `index` is the n of `files[n]`."""

    index: int
    filename: str
    data: bytes


class Cdn:
    """Signs attachment URLs and says whether one that comes back is still good."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.base_url = ""  # known once the server listens
        self.secret = secrets.token_bytes(32)

    def url(self, attachment: Attachment) -> str:
        folder = "ephemeral-attachments" if attachment.is_ephemeral else "attachments"
        path = f"{folder}/{attachment.channel_id}/{attachment.id}/{quote(attachment.filename)}"
        issued = int(self.clock.now())
        expires, issued_hex = f"{issued + LIFETIME:x}", f"{issued:x}"
        signature = self.signature(attachment.id, expires, issued_hex)
        return f"{self.base_url}/cdn/{path}?ex={expires}&is={issued_hex}&hm={signature}&"

    def attachment_id(self, url: str) -> str | None:
        """The file that an address of ours, fresh or expired, was for."""
        parts = urlsplit(url)
        match = ADDRESS.fullmatch(parts.path)
        return match[1] if match and url.startswith(f"{self.base_url}/") else None

    def admits(self, attachment_id: str, expires: str, issued: str, signature: str) -> bool:
        expected = self.signature(attachment_id, expires, issued)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            return False
        return int(expires, 16) > self.clock.now()

    def signature(self, attachment_id: str, expires: str, issued: str) -> str:
        signed = f"{attachment_id}.{expires}.{issued}".encode()
        return hmac.new(self.secret, signed, hashlib.sha256).hexdigest()


def safe_filename(name: str) -> str:
    """The name Discord stores: spaces become underscores, and only harmless characters stay."""
    name = name.replace("\\", "/").rpartition("/")[2].replace(" ", "_")
    return re.sub(r"[^\w.\-]", "", name, flags=re.ASCII).lstrip(".") or "unknown"


def make_attachment(file: UploadedFile, *, attachment_id: str, channel_id: str) -> Attachment:
    """A stored file, with the size of the picture if it is one."""
    attachment = Attachment(
        id=attachment_id,
        channel_id=channel_id,
        filename=safe_filename(file.filename),
        content_type=mimetypes.guess_type(file.filename)[0] or "application/octet-stream",
        data=file.data,
    )
    try:
        with Image.open(io.BytesIO(file.data)) as picture:
            attachment.width, attachment.height = picture.size
            attachment.content_type = IMAGE_TYPES.get(picture.format or "", attachment.content_type)
    except UNREADABLE:
        if attachment.content_type.startswith("text/"):
            attachment.content_type += "; charset=utf-8"
    return attachment


def largest(files: Sequence[UploadedFile]) -> int:
    return max((len(file.data) for file in files), default=0)
