"""Requests for images."""

import hashlib
import json
from dataclasses import dataclass

from app.models.prompts import join_prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """A validated request for an image, carried from the view to the provider.

    The view fills in what the caller sent; the use case completes it before drawing.

    Attributes:
        first_prompt: the caller's prompt, verbatim.
        prompt: the same without surrounding whitespace.
        enhance: whether the text model enriches the prompt first.
        quality: the quality of the model's rendering; "" for the server's setting, until
            completed.
        size: in pixels, such as `1024x1024`.
        partial_images: how many unfinished images to send while drawing, 0 to 3. Each adds to the
            cost, and the model may send fewer.
        subject: what to draw: the prompt, enhanced if requested; "" until completed.
        prompt_suffix: the sentence about the background that follows it; "" until completed.
        transparent: whether to draw on a transparent background; False until completed.
        deadline_seconds: the time limit of the call; 0 for the generator's, until completed.
        safety_identifier: stands for the caller in the provider's abuse reports; "" for none.
    """

    first_prompt: str
    prompt: str
    enhance: bool = False
    quality: str = ""
    size: str
    partial_images: int = 0
    subject: str = ""
    prompt_suffix: str = ""
    transparent: bool = False
    deadline_seconds: float = 0
    safety_identifier: str = ""

    @property
    def new_prompt(self) -> str:
        """The prompt sent to the image model: the subject and the suffix."""
        return join_prompt(self.subject, self.prompt_suffix)

    @property
    def identity(self) -> dict[str, object]:
        """The fields that are equal in all repetitions of a request."""
        return {
            "first_prompt": self.first_prompt,
            "prompt": self.prompt,
            "enhance": self.enhance,
            "quality": self.quality,
            "size": self.size,
        }

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of `identity` in hex, which an Idempotency-Key is bound to."""
        canonical = json.dumps(self.identity, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
