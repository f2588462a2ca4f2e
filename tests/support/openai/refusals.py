"""Error responses in the forms of many servers; none of them is charged.

Sources are public bug reports about Azure, Gemini, xAI, OpenRouter, Together, DeepSeek, Mistral,
DashScope, Volcengine, vLLM, LocalAI, LiteLLM, one-api and others. The texts are not theirs.
"""

import json
from collections.abc import Mapping

from tests.support.fake_openai import SECRET_MARKER, Behavior
from tests.support.fake_openai.reply import Reply

_HTML = (
    "<!doctype html><style>body{background:#fff;size:a4}</style>"
    f"<h1>Forbidden {SECRET_MARKER}</h1>"
    "<p>Blocked by our content policy: unsupported stream, quality or size.</p>"
)
_FILTER = {"hate": {"filtered": False, "severity": "safe"}, "violence": {"filtered": True}}
_POLICY_TEXT = f"Your request was rejected by our safety system. {SECRET_MARKER}"


def response(status: int, document: object, *, name: str = "response") -> Behavior:
    """Return the behavior of a free response with a JSON document, or a text."""
    if isinstance(document, str):
        kind = "text/html" if document.startswith("<") else "text/plain"
        return Behavior(name, reply=Reply(status, document.encode(), kind))
    return Behavior(name, reply=Reply.of(document, status))


def _error(**fields: object) -> dict[str, object]:
    return {"error": fields}


POLICY: Mapping[str, Behavior] = {
    name: response(status, document, name=name)
    for name, status, document in (
        ("a code and no message", 400, _error(code="content_policy_violation", message="")),
        ("an error as text", 400, {"error": "content_policy_violation"}),
        ("text of xAI", 400, {"code": "400", "error": "Image rejected by content moderation."}),
        ("text only", 400, {"error": _POLICY_TEXT}),
        ("plain text", 422, _POLICY_TEXT),
        ("safety reasons", 400, {"error": "Request blocked for safety reasons."}),
        ("moderation at the end", 403, {"message": "Rejected, due to moderation."}),
        ("moderation at the start", 400, {"detail": "Moderation denied the request."}),
        ("a sentence about content", 400, _error(message="This content is not allowed.")),
        ("a list of errors", 400, [_error(code=400, message="It may violate our policies.")]),
        ("a list in error", 400, {"error": [{"code": "content_filter", "message": "x"}]}),
        (
            "Azure's innererror",
            400,
            _error(
                code="BadRequest",
                innererror={"code": "ResponsibleAIPolicyViolation"},
                message="Bad request",
            ),
        ),
        (
            "Azure's results of the filter",
            400,
            _error(code=None, message="x", inner_error={"content_filter_results": _FILTER}),
        ),
        (
            "LiteLLM's fields",
            400,
            _error(
                code="400",
                type=None,
                message="filtered",
                provider_specific_fields={"innererror": {"content_filter_result": _FILTER}},
            ),
        ),
        ("content_filter with 403", 403, _error(code="content_filter", param="prompt")),
        ("content_filter with 501", 501, _error(code="content_filter", message="x")),
        ("content_filter with 500", 500, _error(code="ContentFilter", message="x")),
        (
            "OpenRouter's moderation",
            403,
            _error(code=403, message="x", metadata={"reasons": ["x"], "flagged_input": "a red"}),
        ),
        ("Stability's name", 403, {"name": "content_moderation", "errors": ["Denied."]}),
        ("DashScope's code", 400, {"code": "DataInspectionFailed", "message": "x"}),
        ("Volcengine's code", 400, _error(code="InputTextSensitiveContentDetected", message="x")),
        ("one-api's code", 400, _error(code="sensitive_words_detected", type="new_api_error")),
        ("Zhipu's text", 400, _error(code="1301", message="内容可能包含不安全或敏感内容")),
        ("a detail", 400, {"detail": "The prompt contains NSFW content."}),
        ("details", 422, {"detail": [{"loc": ["body", "prompt"], "msg": "Prompt was flagged."}]}),
        ("JSON in a message", 400, _error(message=json.dumps(_error(code="content_filter")))),
        ("JSON of a provider", 400, _error(metadata={"raw": json.dumps({"error": _POLICY_TEXT})})),
        ("a byte order mark", 400, "\ufeff" + json.dumps(_error(code="moderation_blocked"))),
        ("a mark and status 200", 200, _error(code="moderation_blocked", message="x")),
        ("status 200 of xAI", 200, {"data": [{"url": "", "respect_moderation": False}]}),
    )
}
"""Refusals of the prompt."""

QUOTA: Mapping[str, Behavior] = {
    name: response(status, document, name=name)
    for name, status, document in (
        ("402", 402, _error(message="x", type="x")),
        ("402 without body", 402, ""),
        ("402 as a page", 402, _HTML),
        ("402 with a number", 402, _error(code=402, message="Insufficient credits")),
        ("402 inside 400", 400, {"error": {"error": {"message": "x", "code": 402}, "code": 402}}),
        ("402 inside 200", 200, _error(code=402, message="x")),
        ("402 of DeepSeek", 402, _error(message="x", code="invalid_request_error")),
        ("a balance with 403", 403, {"code": 30001, "message": "Account balance is insufficient"}),
        ("one-api's quota", 403, _error(code="insufficient_user_quota", type="new_api_error")),
        ("DashScope's arrears", 400, {"code": "Arrearage", "message": "Access denied."}),
        ("credits with 429", 429, _error(code="insufficient_credits", message="x")),
        ("text with 400", 400, {"detail": "You are out of credits."}),
        ("a limit in words", 400, _error(message="Billing hard limit has been reached")),
        ("a quota with 403", 403, _error(code="Forbidden", message="Monthly quota exceeded.")),
    )
}
"""Refusals of an account without credit."""

MISCONFIGURED: Mapping[str, Behavior] = {
    name: response(status, document, name=name)
    for name, status, document in (
        ("400 without body", 400, ""),
        ("400 as a page", 400, _HTML),
        ("403 as a page", 403, _HTML),
        ("422 without body", 422, ""),
        ("501 without body", 501, ""),
        ("501", 501, _error(message="Not implemented", code=501)),
        ("405", 405, {"detail": "Method Not Allowed"}),
        ("413", 413, "Request Entity Too Large"),
        ("null", 400, "null"),
        ("a number", 400, "17"),
        ("half of a JSON", 400, '{"error": {"code": "content'),
        ("a deep JSON", 400, '{"error": ' + '{"a": ' * 5000 + "1" + "}" * 5001),
        ("a list of numbers", 400, [1, 2, 3]),
        ("an unknown model", 422, {"detail": [{"loc": ["body", "model"], "msg": "Unknown model"}]}),
        ("an empty prompt", 422, {"detail": [{"loc": ["body", "prompt"], "msg": "too long"}]}),
        ("a blocked account", 403, _error(message="Your account was suspended: usage policies.")),
        ("a blocked resource", 403, _error(code="Forbidden", message="Resource blocked: policy.")),
        ("a number of another server", 400, {"code": 20012, "message": "x", "data": None}),
        ("the prompt, repeated", 400, _error(message="Cannot draw: an nsfw size, flagged")),
        ("the prompt in details", 422, {"detail": [{"msg": "x", "input": {"prompt": "nsfw"}}]}),
    )
}
"""Refusals that only the operator can resolve, to the prompt "an nsfw size, flagged"."""

PARAMETERS: Mapping[str, tuple[Behavior, set[str]]] = {
    name: (response(status, document, name=name), set(refused.split()))
    for name, refused, status, document in (
        ("OpenAI", "quality", 400, _error(param="quality", code="unknown_parameter", message="x")),
        ("a name without code", "size", 400, _error(param="size", message="x")),
        ("a path", "size", 400, _error(param="body.size", message="x")),
        ("xAI", "size", 400, {"code": "400", "error": "Argument not supported: size"}),
        ("text only", "background", 400, {"error": "Unrecognized request argument: background"}),
        ("plain text", "quality", 400, "unknown field `quality`, expected one of `prompt`, `size`"),
        (
            "with a list",
            "quality",
            400,
            _error(message="Unknown 'quality'. Supported parameters: size"),
        ),
        (
            "pydantic",
            "quality background",
            422,
            {
                "detail": [
                    {"type": "extra_forbidden", "loc": ["body", name], "msg": "x", "input": "size"}
                    for name in ("quality", "background")
                ]
            },
        ),
        (
            "pydantic as text",
            "output_format",
            400,
            {
                "object": "error",
                "message": "[{'loc': ('body', 'output_format'), 'msg': 'Extra input'}]",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            },
        ),
        ("Mistral", "size", 422, {"message": [{"loc": ["body", "size"], "msg": "Extra input"}]}),
        (
            "Gemini",
            "quality",
            400,
            [
                _error(
                    code=400,
                    status="INVALID_ARGUMENT",
                    message='Unknown name "quality": Cannot find field.',
                    details=[{"fieldViolations": [{"description": 'Unknown name "quality"'}]}],
                )
            ],
        ),
        ("a map of fields", "size", 400, {"errors": {"size": ["Unknown field."]}}),
        ("a map in detail", "quality", 400, {"detail": {"quality": "is not allowed"}}),
        ("JSON:API", "size", 422, {"errors": [{"source": {"pointer": "#/size"}, "title": "x"}]}),
        ("403", "background", 403, {"detail": "background is not allowed for this key"}),
        ("501", "output_format", 501, _error(message="output_format is not implemented")),
        ("camel case", "output_format", 400, {"error": "Unsupported parameter: outputFormat"}),
        ("words", "output_format", 400, {"message": "The output format is not supported."}),
        ("zod", "size", 400, {"issues": [{"code": "unrecognized_keys", "keys": ["size"]}]}),
        ("ajv", "size", 400, {"params": {"additionalProperty": "size"}, "message": "must NOT"}),
        (".NET", "size", 400, {"errors": {"$.size": ["The value could not be converted."]}}),
        ("Go", "quality", 400, _error(message='json: unknown field "quality"', type="")),
        ("Jackson", "size", 400, {"message": 'Unrecognized field "size" (class Image)'}),
        ("Chinese", "quality", 400, {"message": "不支持的参数quality", "code": 20015}),
        ("a quoted letter", "n", 400, {"error": "Unknown parameter: 'n'"}),
        ("JSON in a message", "size", 400, _error(message=json.dumps(_error(param="size")))),
        ("a gateway's junk", "size", 400, _error(param="400", message="size is not supported")),
        ("status 200", "quality", 200, _error(code="unknown_parameter", param="quality")),
        (
            "moderation in words",
            "size",
            400,
            _error(param="size", message="Unsafe content policy", code="unsupported_parameter"),
        ),
    )
}
"""Refusals of parameters, with the names of those that are left out of the next request."""
