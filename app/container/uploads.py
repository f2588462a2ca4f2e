"""Build the use case of uploads, and their limits."""

from app.config import Settings
from app.container.waiting import upload_places, upload_turns
from app.http.auth import Authenticate
from app.http.uploads.key_check import KeyCheck
from app.http.uploads.limits import UploadLimits
from app.ports import Ports
from app.services.files.temp_files import UploadFiles
from app.usecases.auth.key_format import id_in
from app.usecases.billing.upload_quota import UploadQuota
from app.usecases.images.free_images import FreeImages
from app.usecases.images.upload_image import UploadImage

_MIB = 1024 * 1024


def build_upload_image(settings: Settings, ports: Ports, free_images: FreeImages) -> UploadImage:
    """Build the use case that stores images made elsewhere.

    Args:
        settings: the caller's quota.
        ports: the adapters.
        free_images: makes the images, with a store that reads past the cache.
    """
    return UploadImage(
        image_processor=ports.image_processor,
        free_images=free_images,
        quota=UploadQuota(
            ledger=ports.ledger,
            clock=ports.clock,
            images=settings.upload_quota_images,
            size_bytes=settings.upload_quota_mb * _MIB,
        ),
        observer=ports.observer,
        loading=upload_turns(),
    )


def build_upload_limits(settings: Settings, authenticate: Authenticate | None) -> UploadLimits:
    """Build the limits of requests that carry a file.

    Args:
        settings: the maximum size, and the folder of the files.
        authenticate: checks API keys; None if none are required.
    """
    return UploadLimits(
        max_file_bytes=settings.upload_max_mb * _MIB,
        open_file=UploadFiles(settings.data_dir).open,
        places=upload_places(),
        key_check=KeyCheck(authenticate, id_in) if authenticate else None,
    )
