"""Schema and description of error responses."""

from typing import Any

from pydantic import BaseModel, Field

from app.errors import AppError, Charged


class FieldError(BaseModel):
    """An invalid field."""

    field: str
    message: str


class CandidateFailure(BaseModel):
    """A candidate without an image."""

    index: int = Field(description="Which of the candidates it is, from 0.")
    code: str = Field(description="As in the error response to a request for one image.")
    message: str
    charged: Charged


class ErrorResponse(BaseModel):
    """The body of every error response."""

    status: str = Field("error", json_schema_extra={"const": "error"})
    message: str = Field(description="What is wrong and what to do, for people.")
    code: str = Field(description="Identifies the error, for programs.")
    request_id: str
    errors: list[FieldError] = Field([], description="The invalid fields, if any.")
    charged: Charged | None = Field(None, description="Whether the provider charged for an image.")
    fidelity: float | None = Field(
        None, description="Of an SVG file that was not made, as PSNR in dB."
    )
    failures: list[CandidateFailure] = Field(
        [], description="All candidates, if several were requested and none is an image."
    )


def failure_response(errors: list[type[AppError]], references: Any) -> dict[str, Any]:
    """Return the OpenAPI response object of errors with the same status."""
    return {
        "description": " · ".join(f"`{error.code}`: {error.message}" for error in errors),
        "content": {
            "application/json": {
                "schema": references[(ErrorResponse, "serialization")],
                "examples": {error.code: {"value": _example(error)} for error in errors},
            }
        },
    }


def _example(error: type[AppError]) -> dict[str, Any]:
    example = {
        "status": "error",
        "message": error.message,
        "code": error.code,
        "request_id": "0f9b2d6c4e1a4f0f8a54b0c1f2a3d4e5",
    }
    return example | ({"charged": str(error.charged)} if error.charged else {})
