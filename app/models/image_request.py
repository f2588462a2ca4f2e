"""Requests for images."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from app.models import object_keys
from app.models.object_keys import ImageFormat
from app.models.prompts import MAX_PROMPT_CHARS, join_prompt

InputRole = Literal["image", "mask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputReference:
    """What identifies an input of an edit, in its record.

    Attributes:
        role: an image to edit or to refer to, or the mask of the first image.
        image_id: the image whose original it is; "" for a mask that came with the request.
        sha256: of its bytes, in hex.
        subject: what the image shows, in words, or what it showed before all edits; "" for a mask.
        edits: the prompts of the edits that made it since, oldest first. Of many, the oldest are
            left out.
    """

    role: InputRole
    image_id: str
    sha256: str
    subject: str = ""
    edits: tuple[str, ...] = ()

    @classmethod
    def from_document(cls, value: object) -> "InputReference | None":
        """Return the reference that a document has; None if a part is missing or malformed."""
        if not isinstance(value, Mapping) or value.get("role") not in get_args(InputRole):
            return None
        texts = [value.get(name) for name in ("image_id", "sha256", "subject")]
        if not all(isinstance(text, str) for text in texts):
            return None
        image_id, sha256, subject = map(str, texts)
        if not (object_keys.is_sha256(sha256) and (not image_id or object_keys.is_id(image_id))):
            return None
        edits = value.get("edits")
        return cls(
            role=value["role"],
            image_id=image_id,
            sha256=sha256,
            subject=subject,
            edits=tuple(map(str, edits)) if isinstance(edits, list | tuple) else (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageInput:
    """An input of an edit, with the properties of its file.

    Attributes:
        width, height: in pixels.
        is_foreign: whether it came from a caller instead of the provider, which has checked its
            own images.
        data: the bytes of a mask that came with the request; otherwise the store has them.
    """

    reference: InputReference
    format: ImageFormat
    width: int
    height: int
    size_bytes: int
    is_foreign: bool = False
    data: bytes = field(default=b"", repr=False)


def image_ids_of(inputs: Sequence[InputReference]) -> tuple[str, ...]:
    """Return the distinct ids of the images, without the mask's, in order."""
    return tuple(dict.fromkeys(one.image_id for one in inputs if one.role == "image"))


def shown_subject(inputs: Sequence[InputReference], prompt: str) -> str:
    """Return what an image shows, in words: an edit's prompt only says what changes."""
    subject, edits = edited_subject(inputs, prompt)
    return ", ".join([subject, *edits])[-MAX_PROMPT_CHARS:] if edits else subject


def edited_subject(inputs: Sequence[InputReference], prompt: str) -> tuple[str, tuple[str, ...]]:
    """Return what an image showed before all edits, and the prompts of the edits, oldest first."""
    if not (inputs and inputs[0].subject):
        return prompt, ()
    edits, remaining = [prompt], MAX_PROMPT_CHARS
    for edit in reversed(inputs[0].edits):
        remaining -= len(edit)
        if remaining < 0:
            break
        edits.append(edit)
    return inputs[0].subject, tuple(reversed(edits))


MAX_CANDIDATES = 4
"""The maximum number of images of a request."""


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
        n: the number of images, 1 to 4. Each of these candidates is drawn by a call of its own.
        candidate: which of them is drawn, from 0.
        group: the id that their records share; "" for a single image.
        partial_images: how many unfinished images to send while drawing, 0 to 3. Each adds to the
            cost, and the model may send fewer.
        subject: what to draw: the prompt, enhanced if requested; "" until completed.
        prompt_suffix: the sentence about the background that follows it; "" until completed.
        transparent: whether to draw on a transparent background; False until completed.
        deadline_seconds: the time limit of the call; 0 for the generator's, until completed.
        safety_identifier: stands for the caller in the provider's abuse reports; "" for none.
        inputs: what an edit is made from: images in order, then the mask, if any; empty for an
            image from words alone.
        root: the id of the image at the head of its lineage; "" for an image from words alone.
    """

    first_prompt: str
    prompt: str
    enhance: bool = False
    quality: str = ""
    size: str
    n: int = 1
    candidate: int = 0
    group: str = ""
    partial_images: int = 0
    subject: str = ""
    prompt_suffix: str = ""
    transparent: bool = False
    deadline_seconds: float = 0
    safety_identifier: str = ""
    inputs: tuple[ImageInput, ...] = ()
    root: str = ""

    @property
    def is_edit(self) -> bool:
        """Whether the image is made from others."""
        return bool(self.inputs)

    @property
    def shown(self) -> str:
        """What the image will show, in words."""
        return shown_subject(self.references, self.subject or self.prompt)

    @property
    def edited_subject(self) -> tuple[str, tuple[str, ...]]:
        """What the image showed before all edits, and the prompts of the edits, oldest first."""
        return edited_subject(self.references, self.subject or self.prompt)

    @property
    def references(self) -> list[InputReference]:
        """What identifies the inputs."""
        return [given.reference for given in self.inputs]

    @property
    def new_prompt(self) -> str:
        """The prompt sent to the image model: the subject and the suffix."""
        return join_prompt(self.subject, self.prompt_suffix)

    @property
    def identity(self) -> dict[str, object]:
        """The fields that are equal in all repetitions of a request."""
        identity: dict[str, object] = {
            "first_prompt": self.first_prompt,
            "prompt": self.prompt,
            "enhance": self.enhance,
            "quality": self.quality,
            "size": self.size,
        }
        if self.inputs:  # otherwise as it was before there were edits
            named = [[one.role, one.image_id, one.sha256] for one in self.references]
            identity["inputs"] = named
        if self.n > 1:  # otherwise as it was when every request was for one image
            identity["n"] = self.n
        return identity

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of `identity` in hex, which an Idempotency-Key is bound to."""
        canonical = json.dumps(self.identity, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
