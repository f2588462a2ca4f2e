"""The application factory."""

import sys
from functools import partial

import click
from flask import Flask
from werkzeug.routing import BaseConverter

from app import container
from app.blueprints import dependencies, generation, image_requests, images, meta, prompts, usage
from app.cli.images import images as images_commands
from app.cli.keys import keys as keys_commands
from app.cli.spec import spec as spec_commands
from app.config import UNUSABLE_SETTINGS, ConfigError, Settings
from app.http import (
    auth,
    cors,
    error_handlers,
    image_middleware,
    logging_config,
    rate_limits,
    request_id,
    security_headers,
)
from app.http.concurrency import MAX_BODY_BYTES
from app.http.json_provider import OrjsonProvider
from app.http.trusted_proxies import TrustedProxies
from app.models import object_keys
from app.ports import Ports


class ImageName(BaseConverter):
    """`<uuid>.png` in a path; any other name is not found, before any store is asked."""

    regex = object_keys.IMAGE_NAME_PATTERN


def create_app(settings: Settings | None = None, ports: Ports | None = None) -> Flask:
    """Build the service.

    Args:
        settings: default: from the environment and `.env`.
        ports: default: what the settings ask for.

    Raises:
        SystemExit: the settings can't be used; every problem is listed on standard error.
    """
    settings = settings or _settings_or_exit()
    log = partial(
        logging_config.configure, _level(settings), settings.log_format, secrets=settings.secrets
    )
    log()
    ports = ports or container.build_ports(settings)
    log(trace_id=ports.observer.trace_id)
    app = Flask(__name__)
    # One more than we take: a body without a length is cut off at the limit, not refused.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
    app.json = OrjsonProvider(app)
    app.url_map.converters["image_name"] = ImageName
    request_id.register(app, ports.observer)
    error_handlers.register(app)
    security_headers.register(app)
    for room in (generation, images, prompts, usage, meta):
        app.register_blueprint(room.blueprint)
    app.cli.add_command(spec_commands)
    app.cli.add_command(images_commands)
    app.cli.add_command(keys_commands)
    cors_headers = cors.register(app, origins=settings.allowed_origins)
    rate_limits.register(app)
    built = container.build_dependencies(settings, ports)
    dependencies.install(app, built)
    auth.register(app, built.authenticate, built.limits)
    image_middleware.register(
        app,
        want=partial(image_requests.want, built),
        cors_headers=cors_headers,
        any_origin=settings.allowed_origins == ["*"],
        observer=ports.observer,
    )
    proxies = TrustedProxies(app.wsgi_app, settings.trusted)
    app.wsgi_app = proxies  # type: ignore[method-assign]  # reason: Flask's way to wrap an app
    traced = ports.observer.trace(app.wsgi_app)
    app.wsgi_app = traced  # type: ignore[method-assign,assignment]  # reason: Flask's way to wrap an app
    container.announce(settings)
    return app


def _level(settings: Settings) -> str:
    """Return from where on is logged: a command speaks for itself, unless LOG_LEVEL is set."""
    command = click.get_current_context(silent=True)
    serves = command is None or command.info_name == "run"
    return settings.log_level if serves or "log_level" in settings.model_fields_set else "WARNING"


def _settings_or_exit() -> Settings:
    try:
        return Settings.load()
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(UNUSABLE_SETTINGS)
