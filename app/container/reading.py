"""Build what reads images past the cache: the inputs of edits, and the trash."""

from dataclasses import replace
from datetime import timedelta
from threading import Semaphore

from app.ports import Ports
from app.services.caching.caching_store import CachingStore, UncachedStore
from app.usecases.generation.edit_inputs import EditInputs
from app.usecases.generation.input_files import InputFiles
from app.usecases.images.cutout_inputs import CutoutInputs
from app.usecases.images.images import Images
from app.usecases.images.trash import Trash

_MAX_INPUTS_IN_MEMORY = 2  # per process; reading one takes a second at most


def past_the_cache(ports: Ports) -> Ports:
    """Return ports whose store reads past the cache, as repairs require."""
    if isinstance(ports.store, CachingStore):
        return replace(ports, store=UncachedStore(ports.store.store, ports.cache))
    return ports


def build_input_files(ports: Ports) -> InputFiles:
    """Build the reader of the inputs of edits."""
    return InputFiles(
        store=past_the_cache(ports).store,
        spool=ports.spool,
        image_processor=ports.image_processor,
        reading=Semaphore(_MAX_INPUTS_IN_MEMORY),
    )


def build_edit_inputs(ports: Ports, images: Images) -> EditInputs:
    """Build the use case that finds what edits are made from.

    Args:
        ports: the adapters.
        images: reads records.
    """
    store = past_the_cache(ports).store
    return EditInputs(
        images=images,
        records=ports.records,
        originals=CutoutInputs(store=store, image_processor=ports.image_processor),
        image_processor=ports.image_processor,
    )


def build_trash(ports: Ports, images: Images, period: timedelta = timedelta()) -> Trash:
    """Build the trash; its period is not needed for restoring images."""
    return Trash(
        records=ports.records,
        store=ports.store,
        clock=ports.clock,
        images=images,
        observer=ports.observer,
        period=period,
    )
