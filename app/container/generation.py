"""Build the use cases that generate, recover and repair images."""

import time
from collections.abc import Callable
from datetime import timedelta

from app.container.reading import build_input_files, build_trash
from app.ports import Cursor, Ports, TempFiles
from app.services.runtime.store_clock import StoreClock
from app.usecases.billing.accounting import AccountedRecords
from app.usecases.billing.budgets import BudgetGuard
from app.usecases.billing.reservations import SettleReservations
from app.usecases.generation.estimates import Estimates
from app.usecases.generation.finalize import ImageFinalizer
from app.usecases.generation.generate_image import GenerateImage
from app.usecases.generation.idempotency import IdempotencyService
from app.usecases.generation.pending_records import PendingRecords
from app.usecases.generation.recovery import Recovery
from app.usecases.images.create_cutout import CreateCutout
from app.usecases.images.cutout_inputs import CutoutInputs
from app.usecases.images.free_images import FreeImages
from app.usecases.images.images import Images
from app.usecases.images.provenance import ProvenanceBuilder
from app.usecases.images.replacement import ReplaceImage
from app.usecases.operations.health import Readiness
from app.usecases.operations.maintenance import Maintenance
from app.usecases.operations.storage_check import StorageCheck
from app.usecases.reconcile.deep import DeepCheck
from app.usecases.reconcile.inventory import Inventory
from app.usecases.reconcile.rebuild import Rebuilder
from app.usecases.reconcile.repairs import Repairs
from app.usecases.reconcile.run import Reconcile
from app.usecases.reconcile.spool_drain import SpoolDrain
from app.usecases.reconcile.verify import VerifyImage


def build_finalizer(ports: Ports, *, with_prompts: bool = False) -> ImageFinalizer:
    """Build the image finalizer; `with_prompts` adds prompts to the files."""
    return ImageFinalizer(
        store=ports.store,
        spool=ports.spool,
        records=AccountedRecords(ports.records, ports.ledger),
        image_processor=ports.image_processor,
        clock=ports.clock,
        observer=ports.observer,
        provenance=ProvenanceBuilder(with_prompts=with_prompts),
    )


def build_settle_reservations(ports: Ports) -> SettleReservations:
    """Build the use case that settles reservations which a crash left open."""
    return SettleReservations(AccountedRecords(ports.records, ports.ledger), ports.clock)


def build_recovery(ports: Ports, finalizer: ImageFinalizer) -> Recovery:
    """Build the recovery of interrupted generations."""
    return Recovery(
        records=AccountedRecords(ports.records, ports.ledger),
        store=ports.store,
        spool=ports.spool,
        clock=ports.clock,
        finalizer=finalizer,
    )


def build_generate_image(
    ports: Ports,
    *,
    estimates: Estimates,
    budget_guard: BudgetGuard,
    readiness: Readiness,
    storage_check: StorageCheck,
    finalizer: ImageFinalizer,
    recovery: Recovery,
    lease: Callable[[str, bool], timedelta],
    retention: timedelta,
) -> GenerateImage:
    """Build the use case that generates images.

    Args:
        ports: the adapters.
        estimates: estimates costs.
        budget_guard: enforces budgets.
        readiness: checks storage and records.
        storage_check: the check of the storage.
        finalizer: stores images.
        recovery: finishes interrupted generations.
        lease: the time after which a generation counts as abandoned, by its quality and whether
            it is an edit.
        retention: how long an Idempotency-Key is remembered.
    """
    return GenerateImage(
        generator=ports.generator,
        moderator=ports.moderator,
        writer=ports.writer,
        spool=ports.spool,
        observer=ports.observer,
        readiness=readiness,
        storage_check=storage_check,
        idempotency=IdempotencyService(
            records=ports.records,
            clock=ports.clock,
            recovery=recovery,
            retention=retention,
            may_forget=_may_forget(ports),
        ),
        estimates=estimates,
        pending_records=PendingRecords(
            records=ports.records,
            clock=ports.clock,
            observer=ports.observer,
            estimates=estimates,
            budget_guard=budget_guard,
            settle_reservations=build_settle_reservations(ports),
            lease=lease,
        ),
        finalizer=finalizer,
        input_files=build_input_files(ports),
    )


def build_free_images(
    ports: Ports, recovery: Recovery, *, sleep: Callable[[float], object] = time.sleep
) -> FreeImages:
    """Build the use case that makes images at no cost.

    Args:
        ports: the adapters, with a store that reads past the cache.
        recovery: finishes interrupted requests, with the same adapters.
        sleep: waits a number of seconds.
    """
    return FreeImages(
        records=ports.records,
        clock=ports.clock,
        trash=build_trash(ports, Images(ports.store, ports.records, ports.clock)),
        finalizer=recovery.finalizer,
        recovery=recovery,
        sleep=sleep,
    )


def build_create_cutout(ports: Ports, free_images: FreeImages) -> CreateCutout:
    """Build the use case that cuts images out again with other options.

    Args:
        ports: the adapters, with a store that reads past the cache.
        free_images: makes the images, with the same adapters.
    """
    return CreateCutout(
        images=Images(ports.store, ports.records, ports.clock),
        inputs=CutoutInputs(store=ports.store, image_processor=ports.image_processor),
        free_images=free_images,
        replace_image=ReplaceImage(records=ports.records, store=ports.store, clock=ports.clock),
    )


def build_reconcile(
    ports: Ports, recovery: Recovery, temp_files: TempFiles, retention: timedelta
) -> Reconcile:
    """Build the use case that finds and repairs discrepancies."""
    return Reconcile(
        records=ports.records,
        store=ports.store,
        clock=ports.clock,
        repairs=_build_repairs(ports, recovery),
        spool_drain=_build_spool_drain(ports, recovery, retention),
        settle_reservations=build_settle_reservations(ports),
        temp_files=temp_files,
    )


def build_maintenance(
    ports: Ports,
    readiness: Readiness,
    recovery: Recovery,
    retention: timedelta,
    trash_period: timedelta = timedelta(days=7),
) -> Maintenance:
    """Build the periodic maintenance of a running server."""
    images = Images(ports.store, ports.records, ports.clock)
    return Maintenance(
        records=ports.records,
        clock=ports.clock,
        readiness=readiness,
        recovery=recovery,
        spool_drain=_build_spool_drain(ports, recovery, retention),
        settle_reservations=build_settle_reservations(ports),
        trash=build_trash(ports, images, trash_period),
        retention=retention,
        may_forget=_may_forget(ports),
    )


def build_deep_check(ports: Ports, recovery: Recovery, cursor: Cursor) -> DeepCheck:
    """Build the use case that compares all stored bytes with their hashes."""
    return DeepCheck(
        records=ports.records,
        inventory=Inventory(ports.store, ports.records),
        verify=VerifyImage(ports.store, ports.records),
        repairs=_build_repairs(ports, recovery),
        cursor=cursor,
    )


def _build_repairs(ports: Ports, recovery: Recovery) -> Repairs:
    return Repairs(
        records=ports.records,
        store=ports.store,
        clock=ports.clock,
        finalizer=recovery.finalizer,
        recovery=recovery,
        rebuilder=_build_rebuilder(ports),
        trash=build_trash(ports, Images(ports.store, ports.records, ports.clock)),
    )


def _may_forget(ports: Ports) -> Callable[[], bool]:
    """Return a function that returns whether the clock of the records can be trusted."""
    return ports.clock.is_steady if isinstance(ports.clock, StoreClock) else lambda: True


def _build_spool_drain(ports: Ports, recovery: Recovery, retention: timedelta) -> SpoolDrain:
    return SpoolDrain(
        records=ports.records,
        store=ports.store,
        spool=ports.spool,
        clock=ports.clock,
        recovery=recovery,
        rebuilder=_build_rebuilder(ports),
        retention=retention,
    )


def _build_rebuilder(ports: Ports) -> Rebuilder:
    return Rebuilder(
        records=AccountedRecords(ports.records, ports.ledger),
        store=ports.store,
        image_processor=ports.image_processor,
    )
