"""GET /v1/models, and the names that a request may use for the image model."""

from flask import Blueprint

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.openai_compatible.schemas import ModelListResponse, ModelResponse
from app.http.contract.decorator import Contract, IgnoredQuery, contract
from app.models import Scope

blueprint = Blueprint("openai_models", __name__, url_prefix="/v1")

_CREATED = 1777593600  # 2026-05-01; no client depends on it, but all read it
_MODEL = {"id": "dall-e-3", "object": "model", "created": _CREATED, "owned_by": "openai"}


@blueprint.get("/models")
@contract(
    Contract(
        tag="openai",
        scope=Scope.GENERATE,
        limit="default",
        is_openai=True,
        query=IgnoredQuery,
        response=ModelListResponse,
        examples={"models": {"object": "list", "data": [_MODEL]}},
    )
)
def list_models() -> ModelListResponse:
    """List the image model and its aliases, as OpenAI does.

    Aliases that end with `*` are left out, as they stand for any number of names.
    """
    names = [deps().server_info.model, *deps().server_info.model_aliases]
    listed = dict.fromkeys(name for name in names if not name.endswith("*"))
    return ModelListResponse(data=[_model(name) for name in listed])


@blueprint.get("/models/<path:model>")
@contract(
    Contract(
        tag="openai",
        scope=Scope.GENERATE,
        limit="default",
        is_openai=True,
        query=IgnoredQuery,
        response=ModelResponse,
        examples={"model": _MODEL},
        errors=(errors.ModelNotFound,),
    )
)
def get_model(model: str) -> ModelResponse:
    """Return the image model or one of its aliases, as OpenAI does."""
    check_model(model)
    return _model(model)


def check_model(name: str | None) -> None:
    """Return if this is a name of the image model, or none is given.

    Raises:
        ModelNotFound: it is another one.
    """
    if name is None or name == deps().server_info.model:
        return
    if not any(_matches(alias, name) for alias in deps().server_info.model_aliases):
        raise errors.ModelNotFound(
            message="The model does not exist. GET /v1/models lists those that do."
        )


def _matches(alias: str, name: str) -> bool:
    return name.startswith(alias[:-1]) if alias.endswith("*") else name == alias


def _model(name: str) -> ModelResponse:
    return ModelResponse(id=name, created=_CREATED, owned_by=deps().server_info.provider)
