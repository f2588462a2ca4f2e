"""The words and codes by which servers refuse a request.

Public bug reports of gateways and compatible servers are the source. A code is compared without
case and punctuation, so `content_filter` and `ContentFilter` are one.
"""

import re
from collections.abc import Iterable

_POLICY_CODES = (
    *("contentpolicy", "contentfilter", "contentmoderation", "contentviolation", "contentblocked"),
    *("moderationblocked", "moderationfailed", "moderationerror", "invalidprompt", "promptblocked"),
    *(
        "promptrejected",
        "blockedprompt",
        "responsibleaipolicy",
        "policyviolation",
        "sensitivecontent",
    ),
    *("sensitivewords", "newsensitive", "datainspectionfailed", "prohibitedcontent", "imagesafety"),
    *("safetyviolation", "unsafecontent", "nsfw", "requestmoderated", "inappropriatecontent"),
)
_EXACT_POLICY_CODES = {"safety", "moderation", "moderated", "sensitive", "flagged", "unsafe"}
_QUOTA_CODES = (
    *("insufficientquota", "insufficientuserquota", "insufficientbalance", "insufficientcredit"),
    *("insufficientfunds", "creditbalance", "billinghardlimit", "billinglimit", "spendlimit"),
    *("usagelimitexceeded", "quotaexhausted", "paymentrequired", "arrearage", "accountoverdue"),
    *("outofcredits", "creditsexhausted", "notenoughbalance", "notenoughcredit"),
)
_RATE_CODES = ("ratelimit", "toomanyrequests", "throttl")
_PARAMETER_CODES = (
    *("unknownparameter", "unsupportedparameter", "unrecognizedparameter", "invalidparameter"),
    *("invalidargument", "invalidvalue", "invalidrequest", "unsupportedvalue", "extraforbidden"),
    *("badrequest", "validationerror", "literalerror", "unexpectedparameter", "unsupportedfield"),
)
_VALUE_CODES = ("invalidvalue", "unsupportedvalue", "literalerror", "invalidenum", "typeerror")

_POLICY = re.compile(
    r"safety (?:system|filter|check|polic|guideline|reason|concern|setting)"
    r"|content[ _-](?:polic|filter|moderation|management|violation|guideline)"
    r"|content (?:is |was )?(?:not allowed|blocked|rejected|refused)"
    r"|usage polic|acceptable use|responsible ai|community guideline"
    r"|violat\w+ .{0,60}(?:polic|guideline|terms|rules|practices)"
    r"|\b(?:inappropriate|sensitive|prohibited|unsafe|harmful|disallowed|explicit|offensive)"
    r" (?:content|words?|text|material|prompt|input)"
    r"|\bnsfw\b|not safe for work|\bflagged\b|\bnudity\b"
    r"|(?:request|content|prompt) (?:was )?moderated"
    r"|(?:reject|block|refus|denied|fail|violat|pass|trigger)\w*\b.{0,40}\bmoderation"
    r"|\bmoderation\b.{0,40}\b(?:reject|block|refus|denied|fail|violat)"
    r"|prompt (?:was |is |has been )?(?:blocked|rejected|refused|not allowed|unsafe|harmful)"
    r"|敏感|违规|不合规|不安全|违反.{0,20}(?:规定|政策|法律)",
)
# These are the operator's problem, whatever policy they mention.
_ACCOUNT = re.compile(
    r"\b(?:account|organi[sz]ation|api key|resource|subscription|project|region|country)\b"
    r".{0,60}\b(?:blocked|suspended|disabled|deactivated|banned|restricted|verified|verify)"
    r"|you must be verified|must be verified"
)
_QUOTA = re.compile(
    r"insufficient (?:account |user )?(?:balance|credits?|funds|quota)"
    r"|(?:balance|credits?|quota) (?:is |are )?"
    r"(?:insufficient|exhausted|not enough|too low|used up)"
    r"|out of credits?|not enough (?:credits?|balance|quota)|more credits"
    r"|payment required|(?:billing|spending) (?:hard )?limit|余额不足|额度不足|额度已用|欠费"
)
# Of requests a minute, if the status says that there were too many.
_QUOTA_EXCEEDED = re.compile(r"quota (?:\w+ ){0,3}exceeded|exceed\w* (?:\w+ ){0,4}quota")
_REFUSES = re.compile(
    r"unknown|unsupported|unrecogni[sz]ed|unexpected|unavailable|invalid|forbidden|extra"
    r"|unmarshal|deseriali[sz]e|no such|cannot|can't|can not|doesn't|does not|isn't|not be"
    r"|not (?:a |an )?(?:supported|allowed|permitted|recogni[sz]ed|available|implemented"
    r"|accepted|known|valid|enabled)"
    r"|is not|must|should|only|不支持|无效|未知|不允许",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"invalid value|unsupported value|supported values|must be (?:one of|either)|should be"
    r"|one of the following|invalid enum|unknown variant|invalid (?:size|quality|background)\b"
    r"|(?:size|quality|background|format) must be|type is unavailable"
)
_UNKNOWN = re.compile(
    r"unknown|unrecogni[sz]ed|unexpected|unsupported.?parameter|no such|extra (?:inputs?|fields?)"
    r"|extra_forbidden|not (?:supported|recogni[sz]ed|known|implemented)",
    re.IGNORECASE,
)
# What follows lists the parameters that the server does accept.
_ACCEPTED = re.compile(
    r"\b(?:supported|allowed|accepted|valid|available|known|permitted)"
    r" (?:parameters|fields|arguments|keys|properties|options|names)\b|expected one of|, expected\b"
)
_OTHER_NAMES = {
    "background": r"transparen\w*",
    "stream": r"streaming",
    "response_format": r"json_schema|json_object|b64_json|structured outputs?",
    "reasoning_effort": r"reasoning",
}


def plain(code: str) -> str:
    """Return a code or name as lower-case letters and digits."""
    return re.sub(r"[\W_]", "", code).lower()


def name_parts(name: str) -> list[str]:
    """Return the parts of a path such as `body.size` or `response_format.type`."""
    return [part for part in re.split(r"[.\[\]/#'\"]+", name) if part]


def is_policy_code(code: str) -> bool:
    """Return whether a code says that the content policy forbids the prompt."""
    return code in _EXACT_POLICY_CODES or _contains(code, _POLICY_CODES)


def is_quota_code(code: str) -> bool:
    """Return whether a code says that the account has no credit left."""
    return _contains(code, _QUOTA_CODES)


def is_rate_code(code: str) -> bool:
    """Return whether a code says that there were too many requests."""
    return _contains(code, _RATE_CODES)


def is_parameter_code(code: str) -> bool:
    """Return whether a code says that the request is invalid."""
    return _contains(code, _PARAMETER_CODES)


def is_about_unknown_name(codes: Iterable[str], text: str) -> bool:
    """Return whether an error says that the server does not know a parameter."""
    return bool(_UNKNOWN.search(" ".join((*codes, text)))) and not is_about_value(codes, text)


def is_about_value(codes: Iterable[str], text: str) -> bool:
    """Return whether an error is about a value of a known parameter."""
    return any(_contains(code, _VALUE_CODES) for code in codes) or bool(_VALUE.search(text))


def mentions_policy(text: str) -> bool:
    """Return whether a message says that the content policy forbids the prompt."""
    return bool(_POLICY.search(text)) and not _ACCOUNT.search(text)


def mentions_quota(text: str, *, status: int) -> bool:
    """Return whether a message says that the account has no credit left."""
    return bool(_QUOTA.search(text) or (status != 429 and _QUOTA_EXCEEDED.search(text)))


def refuses(text: str) -> bool:
    """Return whether a message refuses something."""
    return bool(_REFUSES.search(text))


def mentions_refused(text: str, name: str) -> bool:
    """Return whether a message in lower case refuses a parameter.

    Names are found in any spelling: `response_format`, `responseFormat`, `response format`. Those
    that the message lists as accepted are not refused.
    """
    text = _ACCEPTED.split(text, maxsplit=1)[0] or text
    if not _REFUSES.search(text):
        return False
    if len(name) == 1:  # a word of many languages, unless it is quoted
        return bool(re.search(rf"[\"'`]{name}[\"'`]", text))
    pattern = r"[_\s-]?".join(map(re.escape, name.split("_")))
    pattern = "|".join(filter(None, (pattern, _OTHER_NAMES.get(name))))
    return bool(re.search(rf"(?<![a-z0-9_-])(?:{pattern})(?![a-z0-9_-])", text))


def _contains(code: str, parts: Iterable[str]) -> bool:
    return any(part in code for part in parts)
