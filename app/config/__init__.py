"""Settings, from the environment and `.env`; read nowhere else."""

from app.config.environment import ConfigError, traces_exporter
from app.config.settings import UNUSABLE_SETTINGS, VERSION, Settings

__all__ = ["UNUSABLE_SETTINGS", "VERSION", "ConfigError", "Settings", "traces_exporter"]
