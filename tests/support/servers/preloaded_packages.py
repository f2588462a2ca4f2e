"""What servers and commands import, loaded once for the programs of `forked_python`.

No client and no thread is made of it before a fork. Packages that read the environment when they
are imported are not here: prometheus_client, OpenTelemetry's, and gevent, which has to be the
first of all.
"""

import gc
from importlib import import_module
from pkgutil import walk_packages

import app
from app.services.s3 import session
from tests.support.cheap_starts import compute_shared, make_starts_cheap
from tests.support.time_limits import be_patient

_PACKAGES = (
    "boto3.s3.inject",
    "flask.cli",
    "gunicorn.app.wsgiapp",
    "gunicorn.arbiter",
    "openai.resources.images",
    "openai.resources.moderations",
    "pymongo",
    "redis",
    "s3transfer.subscribers",
)
_LEFT_OUT = ("app.services.observability.",)

for name in (*_PACKAGES, *(module.name for module in walk_packages(app.__path__, "app."))):
    if not name.startswith(_LEFT_OUT) and not name.endswith("__main__"):
        import_module(name)
session.load()
be_patient()
make_starts_cheap()
compute_shared()

gc.collect()
gc.freeze()
