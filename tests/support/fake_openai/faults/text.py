"""Faulty chat completions with status 200."""

import json
from collections.abc import Callable
from typing import Any, Self

from tests.support.fake_openai.behavior import Behavior
from tests.support.fake_openai.errors import error, leaky
from tests.support.fake_openai.reply import Reply


class TextFaults(Behavior):
    """Completions without the requested output."""

    @classmethod
    def _choice(cls, name: str, change_choice: Callable[[dict[str, Any]], object]) -> Self:
        def rewrite(reply: Reply) -> Reply:
            document = reply.document()
            change_choice(document["choices"][0])
            return reply.with_document(document)

        return cls(name, paid=True, rewrite=rewrite)

    @classmethod
    def _content(cls, name: str, change: Callable[[str], str]) -> Self:
        def change_choice(choice: dict[str, Any]) -> None:
            choice["message"]["content"] = change(choice["message"]["content"])

        return cls._choice(name, change_choice)

    @classmethod
    def refusal(cls) -> Self:
        """Refuse: no content, but a text in `refusal`."""
        message = {"content": None, "refusal": leaky("I'm sorry, but I can't help with that.")}
        return cls._choice("refusal", lambda choice: choice["message"].update(message))

    @classmethod
    def prose(cls) -> Self:
        """Respond with plain text although JSON was requested."""
        return cls._content("prose", lambda _: "Sure! Here are some ideas:\n1. A red fox\n2. A bee")

    @classmethod
    def fenced(cls) -> Self:
        """Wrap the JSON in a Markdown fence."""
        return cls._content("fenced", lambda content: f"```json\n{content}\n```")

    @classmethod
    def parts(cls) -> Self:
        """Return the content as a list of parts: thoughts, then the JSON in two texts."""

        def change_choice(choice: dict[str, Any]) -> None:
            text = choice["message"]["content"]
            choice["message"]["content"] = [
                {"type": "thinking", "thinking": [{"type": "text", "text": '{"prompt": "no"}'}]},
                {"type": "text", "text": text[:9]},
                {"type": "text", "text": text[9:]},
            ]

        return cls._choice("parts", change_choice)

    @classmethod
    def thoughts(cls) -> Self:
        """Write the model's thoughts, with JSON in them, before the JSON."""
        thoughts = '<think>Is {"prompt": "no"} or {"prompts": ["no"]} better?</think>'
        return cls._content("thoughts", lambda content: f"{thoughts}\n\n{content}")

    @classmethod
    def without_schema(cls) -> Self:
        """Respond with the 400 of a server without structured output; free."""
        message = leaky("This response_format type is unavailable now")
        return cls("without_schema", reply=error(400, message, "invalid_request_error"))

    @classmethod
    def few(cls, count: int = 1) -> Self:
        """Return fewer prompts than requested."""

        def change(content: str) -> str:
            return json.dumps({"prompts": json.loads(content)["prompts"][:count]})

        return cls._content("few", change)

    @classmethod
    def duplicates(cls) -> Self:
        """Repeat the same prompt."""

        def change(content: str) -> str:
            prompts = json.loads(content)["prompts"]
            return json.dumps({"prompts": prompts[:1] * len(prompts)})

        return cls._content("duplicates", change)

    @classmethod
    def out_of_tokens(cls) -> Self:
        """Stop in the middle of the JSON, with finish_reason `length`."""

        def change_choice(choice: dict[str, Any]) -> None:
            content = choice["message"]["content"]
            choice["message"]["content"] = content[: len(content) // 2]
            choice["finish_reason"] = "length"

        return cls._choice("out_of_tokens", change_choice)
