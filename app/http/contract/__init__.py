"""The contract decorator, request validation and the OpenAPI document."""
