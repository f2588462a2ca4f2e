"""Example responses for the OpenAPI document.

Tests validate them against the schemas.
"""

from typing import Any

_ID = "500e1665-0b52-4734-9ec8-c7241187276b"
_FILE = f"{_ID}.png"
_PROMPT = "A red fox reading a newspaper"

_IMAGE: dict[str, Any] = {
    "filename": _FILE,
    "url": f"http://localhost:5000/images/{_FILE}",
    "image_url": f"https://my-bucket.s3.us-east-1.amazonaws.com/images/{_FILE}",
    "prompt": _PROMPT,
    "first_prompt": _PROMPT,
    "new_prompt": f"{_PROMPT}\n\nA single subject, centered and whole, on a plain pure white "
    "background, with no shadow, no frame and no text.",
    "created_at": "2026-11-22T12:00:40.123000Z",
    "width": 256,
    "height": 256,
    "model": "gpt-image-2.6-flare",
    "provider": "openai",
    "charged": "yes",
    "cost_usd": 0.03186,
    "cutout": {
        "background": "#ffffff",
        "coverage": 0.4132,
        "softness": 0.81,
        "holes_kept": 2,
        "holes_cut": 1,
        "touches_border": False,
        "shadow": False,
        "confidence": 0.97,
        "verdict": "good",
        "reasons": [],
        "areas": [
            {
                "number": 1,
                "box": [0.3906, 0.5215, 0.1133, 0.1367],
                "center": [0.4482, 0.5869],
                "share": 0.0293,
                "decision": "keep",
                "chance": 0.985,
            },
            {
                "number": 2,
                "box": [0.6621, 0.7148, 0.0527, 0.0605],
                "center": [0.6885, 0.7441],
                "share": 0.006,
                "decision": "cut",
                "chance": 0.012,
            },
        ],
        "source": "cutout",
    },
    "cutout_options": {},
    "original": {
        "width": 1024,
        "height": 1024,
        "format": "png",
        "size_bytes": 1_203_377,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "content_credentials": True,
    },
    "parent": None,
    "parents": [],
    "replaced_by": None,
    "group": None,
    "root": None,
    "tags": [],
    "starred": False,
    "trashed_at": None,
}

IMAGE = {"status": "success", **_IMAGE}
_SECOND_FILE = "7b0f3c52-41c6-4d8e-8a3b-2f6d1e9c0a47.png"
GROUP = {
    "status": "success",
    "group": "c3d7a9b0-5a0e-4c1d-9d3c-0f5a8a1e2b64",
    "images": [
        _IMAGE | {"index": 0},
        _IMAGE
        | {
            "filename": _SECOND_FILE,
            "url": f"http://localhost:5000/images/{_SECOND_FILE}",
            "image_url": f"https://my-bucket.s3.us-east-1.amazonaws.com/images/{_SECOND_FILE}",
            "index": 1,
        },
    ],
    "failures": [
        {
            "index": 2,
            "code": "provider_rate_limited",
            "message": "The image provider is busy. Nothing was charged. Try again later.",
            "charged": "no",
        }
    ],
}
GROUP_DELETION = {"status": "success", "deleted": [_SECOND_FILE]}
_CUTOUT_FILE = "0c1f2d9e-8f7b-5d3c-9a64-5b1e7f30c2aa.png"
CUTOUT = IMAGE | {
    "filename": _CUTOUT_FILE,
    "url": f"http://localhost:5000/images/{_CUTOUT_FILE}",
    "image_url": f"https://my-bucket.s3.us-east-1.amazonaws.com/images/{_CUTOUT_FILE}",
    "created_at": "2026-11-22T12:05:02.871000Z",
    "charged": "no",
    "cost_usd": 0.0,
    "cutout_options": {"holes": "keep", "tolerance": 8},
    "parent": _FILE,
    "root": _FILE,
}
_UPLOADED_FILE = "7f0f3f0e-93c5-5a0c-8a3c-0d1d0f6a5b54.png"
UPLOAD = IMAGE | {
    "filename": _UPLOADED_FILE,
    "url": f"http://localhost:5000/images/{_UPLOADED_FILE}",
    "image_url": f"https://my-bucket.s3.us-east-1.amazonaws.com/images/{_UPLOADED_FILE}",
    "new_prompt": "",
    "model": "",
    "provider": "upload",
    "charged": "no",
    "cost_usd": 0.0,
}
DRY_RUN = {
    "status": "success",
    "dry_run": True,
    "estimate_usd": 0.032395,
    "requests": [
        {
            "method": "POST",
            "path": "/images/generations",
            "body": {
                "model": "gpt-image-2.6-flare",
                "prompt": _IMAGE["new_prompt"],
                "size": "1024x1024",
                "n": 1,
                "quality": "medium",
                "background": "opaque",
                "output_format": "png",
            },
        }
    ],
}
_EDIT_FILE = "7d0c2a41-3c52-4c0a-8f0e-2f2f6b8b9d10.png"
_EDIT_PROMPT = "Make the scarf blue"
EDIT = IMAGE | {
    "filename": _EDIT_FILE,
    "url": f"http://localhost:5000/images/{_EDIT_FILE}",
    "image_url": f"https://my-bucket.s3.us-east-1.amazonaws.com/images/{_EDIT_FILE}",
    "prompt": _EDIT_PROMPT,
    "first_prompt": _EDIT_PROMPT,
    "new_prompt": _IMAGE["new_prompt"].replace(_PROMPT, _EDIT_PROMPT),
    "created_at": "2026-11-22T12:07:31.402000Z",
    "cost_usd": 0.049108,
    "parents": [_FILE],
}
EDIT_DRY_RUN = DRY_RUN | {
    "estimate_usd": 0.06974,
    "requests": [
        {
            "method": "POST",
            "path": "/images/edits",
            "body": {
                "model": "gpt-image-2.6-flare",
                "prompt": EDIT["new_prompt"],
                "size": "1024x1024",
                "n": 1,
                "quality": "medium",
                "background": "opaque",
                "output_format": "png",
                "image": {
                    "filename": "image-1.png",
                    "content_type": "image/png",
                    "size_bytes": 1_203_377,
                },
            },
        }
    ],
}
STREAM = (
    'event: progress\ndata: {"step":"moderation","elapsed_ms":3}\n\n'
    'event: progress\ndata: {"step":"upstream","elapsed_ms":212}\n\n'
    ": keep-alive\n\n"
    'event: partial\ndata: {"index":0,"image":"data:image/webp;base64,UklGR...","width":256,'
    '"height":256}\n\n'
    f'event: result\ndata: {{"status":"success","filename":"{_FILE}","...":"..."}}\n\n'
)
LIST = {
    "status": "success",
    "images": [_IMAGE],
    "page": 1,
    "limit": 10,
    "total_pages": 1,
    "total_images": 1,
    "total_exact": True,
    "next_cursor": None,
}
LINEAGE = LIST | {
    "images": [{name: value for name, value in EDIT.items() if name != "status"}],
    "filename": _FILE,
    "root": None,
    "parents": [],
}
PROMPTS = {
    "status": "success",
    "prompts": ["An owl wearing a tiny scarf, watercolor", "A teapot with a mossy roof"],
    "provider": "openai",
}
HEALTH = {"status": "success"}
READY = {
    "status": "success",
    "ready": True,
    "parts": {
        "storage": {"kind": "s3", "up": True, "required": True},
        "records": {"kind": "mongodb", "up": True, "required": True},
        "cache": {"kind": "redis", "up": False, "required": False},
    },
}
METRICS = (
    'imageapi_generations_total{charged="yes",operation="generate",outcome="ready",'
    'provider="openai"} 7.0\n'
)
USAGE = {
    "status": "success",
    "account": "shop",
    "budget": {
        "limit_usd": 5.0,
        "period": "day",
        "spent_usd": 0.06372,
        "remaining_usd": 4.93628,
        "resets_at": "2026-11-23T00:00:00Z",
    },
    "days": [{"date": "2026-11-22", "cost_usd": 0.06372, "images": 2, "images_of_unknown_cost": 0}],
    "cost_usd": 0.06372,
}
