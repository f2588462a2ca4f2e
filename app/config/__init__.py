"""Settings: the only room that reads the environment and `.env`."""

from app.config.settings import UNUSABLE_SETTINGS, VERSION, ConfigError, Settings
from app.config.tracing import traces_exporter

__all__ = ["UNUSABLE_SETTINGS", "VERSION", "ConfigError", "Settings", "traces_exporter"]
