"""Settings: the only room that reads the environment and `.env`."""

from app.config.otel import traces_exporter
from app.config.settings import UNUSABLE_SETTINGS, VERSION, ConfigError, Settings

__all__ = ["UNUSABLE_SETTINGS", "VERSION", "ConfigError", "Settings", "traces_exporter"]
