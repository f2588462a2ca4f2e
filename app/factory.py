"""The application factory: registers blueprints, handlers, commands and middleware.

It imports all of the service, so other modules call it as `app.create_app`.
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import click
from flask import Flask
from werkzeug.routing import BaseConverter

from app import container
from app.blueprints import (
    cutouts,
    dependencies,
    edits,
    generation,
    image_requests,
    images,
    meta,
    prompts,
    uploads,
    usage,
)
from app.blueprints.exports import original as originals
from app.blueprints.exports import views as export_views
from app.blueprints.mcp import views as mcp_views
from app.blueprints.openai_compatible import images as openai_images
from app.blueprints.openai_compatible import models as openai_models
from app.blueprints.pages import image as image_page
from app.blueprints.pages import studio
from app.cli.images.group import images as images_commands
from app.cli.keys import keys as keys_commands
from app.cli.mcp import mcp as mcp_command
from app.cli.spec import spec as spec_commands
from app.config import UNUSABLE_SETTINGS, ConfigError, Settings
from app.http import (
    auth,
    cors,
    error_handlers,
    host_header,
    image_middleware,
    rate_limits,
    security_headers,
)
from app.http.body_limits import MAX_BODY_BYTES
from app.http.delivery import compression, static_files
from app.http.json_provider import OrjsonProvider
from app.http.logs import logging_config, request_id
from app.http.proxies.path_prefix import PathPrefix
from app.http.proxies.trusted_proxies import TrustedProxies
from app.http.uploads import limits as upload_limits
from app.models import object_keys
from app.ports import Observer, Ports

T = TypeVar("T")


class ImageName(BaseConverter):
    """URL converter for `<uuid>.png`.

    Other names are 404 without a query to a store.
    """

    regex = object_keys.IMAGE_NAME_PATTERN


def create_app(settings: Settings | None = None, ports: Ports | None = None) -> Flask:
    """Create the application, as described at `app.create_app`."""
    settings = settings or _or_exit(Settings.load)
    log = partial(
        logging_config.configure, _level(settings), settings.log_format, secrets=settings.secrets
    )
    log()
    ports = ports or _build_ports(settings)
    log(trace_id=ports.observer.trace_id)
    app = Flask("app", static_folder=None)  # the package whose templates are used
    _configure(app)
    _register_handlers(app, ports.observer)
    _register_routes_and_commands(app)
    cors_headers = cors.register(
        app, origins=settings.allowed_origins, own_url=settings.public_base_url
    )
    rate_limits.register(app)
    deps = container.build_dependencies(settings, ports)
    dependencies.install(app, deps)
    upload_limits.register(app, deps.upload_limits)
    auth.register(app, deps.authenticate, deps.rate_limits)
    image_middleware.register(
        app,
        resolve=partial(image_requests.resolve_image, deps),
        cors_headers=cors_headers,
        any_origin=settings.allowed_origins == ["*"],
        observer=ports.observer,
    )
    _wrap(app, settings, ports.observer)
    container.log_selection(settings)
    return app


def _configure(app: Flask) -> None:
    # One byte above the limit: Werkzeug truncates a body without a length instead of rejecting it.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
    app.json = OrjsonProvider(app)
    app.url_map.converters["image_name"] = ImageName


def _register_handlers(app: Flask, observer: Observer) -> None:
    """Register request, response and error handlers.

    Handlers of responses run in reverse order.
    """
    request_id.register(app, observer)
    host_header.register(app)
    error_handlers.register(app)
    security_headers.register(app)
    static_files.register(app)
    compression.register(app)


def _register_routes_and_commands(app: Flask) -> None:
    for module in (generation, images, uploads, edits, cutouts, prompts, usage, meta, mcp_views):
        app.register_blueprint(module.blueprint)
    for module in (openai_images, openai_models, originals, export_views, studio, image_page):
        app.register_blueprint(module.blueprint)
    for commands in (spec_commands, images_commands, keys_commands, mcp_command):
        app.cli.add_command(commands)


def _wrap(app: Flask, settings: Settings, observer: Observer) -> None:
    """Wrap the app and its image middleware in path prefix, proxies and tracing.

    Tracing is the outermost middleware.
    """
    if settings.path_prefixes:
        prefixed = PathPrefix(
            app.wsgi_app,
            settings.path_prefixes[0],
            removed=settings.path_prefixes,
            has_route=partial(_has_route, app),
        )
        app.wsgi_app = prefixed  # type: ignore[method-assign]  # reason: Flask's way to wrap an app
    proxies = TrustedProxies(app.wsgi_app, settings.trusted_networks)
    app.wsgi_app = proxies  # type: ignore[method-assign]  # reason: Flask's way to wrap an app
    traced = observer.trace(app.wsgi_app)
    app.wsgi_app = traced  # type: ignore[method-assign,assignment]  # reason: Flask's way to wrap an app


def _has_route(app: Flask, method: str, path: str) -> bool:
    return app.url_map.bind("").test(path, method=method)


def _level(settings: Settings) -> str:
    """Return the log level, by default WARNING for commands except `run`."""
    command = click.get_current_context(silent=True)
    is_server = command is None or command.info_name == "run"
    is_set = "log_level" in settings.model_fields_set
    return settings.log_level if is_server or is_set else "WARNING"


def _build_ports(settings: Settings) -> Ports:
    _or_exit(lambda: container.check_clients(settings))
    ports = container.build_ports(settings)
    command = click.get_current_context(silent=True)
    if command is not None:
        command.find_root().call_on_close(partial(container.close_ports, ports))
    return ports


def _or_exit(step: Callable[[], T]) -> T:
    try:
        return step()
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(UNUSABLE_SETTINGS)
