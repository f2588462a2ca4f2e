"""Edits: what is read, checked and kept before anything is paid."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.container.reading import build_edit_inputs
from app.errors import (
    AppError,
    Charged,
    ImageNotFound,
    InvalidMask,
    InvalidRequest,
    ObjectDamaged,
    OriginalMissing,
    PromptRejected,
    StorageUnavailable,
    TransparencyRefused,
)
from app.models import ImageRecord, ImageRequest, Original, State
from app.usecases.generation import sidecar
from app.usecases.generation.edit_inputs import EditSources, FoundInputs
from app.usecases.images.images import Images
from app.usecases.images.originals import options_of
from tests.support.builders import NOON, World, a_record, a_request
from tests.support.tables import each_row


def add(world: World, data: bytes = b"a fox", **changes: Any) -> ImageRecord:
    """Add a ready image with this original."""
    record = a_record(**changes)
    original = Original(
        key=f"originals/{record.id}.png",
        format="png",
        width=1536,
        height=1024,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    record = replace(record, original=original, **changes)
    world.records.insert(record)
    world.store.put(original.key, data, content_type="image/png")
    world.events.clear()
    return record


def find(world: World, *images: ImageRecord, owner: str | None = None, **given: Any) -> FoundInputs:
    """Find these images as inputs of an edit."""
    claim = given.pop("claim", "")
    sources = EditSources(image_ids=[one.id for one in images], **given)
    use_case = build_edit_inputs(world.ports, Images(world.store, world.records, world.clock))
    return use_case.find(sources, owner=owner, claim=claim)


def an_edit(world: World, *images: ImageRecord, **given: Any) -> ImageRequest:
    """Return a request to edit these images."""
    found = find(world, *images, **given)
    return a_request(inputs=found.inputs, root=found.root, size="1536x1024")


def test_inputs_are_read_before_the_record_says_that_it_may_be_paid(world: World) -> None:
    """What can fail for free does so first; files are on disk when the model is called."""
    parents = [add(world), add(world, b"a hat")]
    request = an_edit(world, *parents)
    world.events.clear()
    made = world.generate(request)
    steps = [event for event in world.events if event != "imaging inspect"]
    assert steps[: steps.index("generator draw") + 1] == [
        "spool room",
        "moderator check",
        "store ping",
        "records ping",
        "ledger note_open",
        "ledger reserve",
        "records insert",
        *(["store get originals", "imaging lay_on_white", "spool open_file"] * 2),
        "records compare_and_swap",
        "generator draw",
    ]
    assert world.generator.sent == [("image", "png", b"a fox"), ("image", "png", b"a hat")]
    assert all(file.closed for file in world.spool.files)
    assert made.parents == tuple(one.id for one in parents)


@each_row("root", ["", "b0bd7c54-4d4c-4c3e-9df8-1f3f5a4a6a11"])
def test_edit_continues_the_lineage_of_its_first_parent(root: str) -> None:
    """The root is that of the first parent, or the parent itself; the sidecar has it all."""
    world = World()
    first, second = add(world, root=root), add(world)
    made = world.generate(an_edit(world, first, second))
    assert made.root == (root or first.id)
    (data,) = [
        one.data for key, one in world.store.objects.items() if key.endswith(f"{made.id}.json")
    ]
    rebuilt = sidecar.read(made.id, data, found_at=NOON)
    assert (rebuilt.inputs, rebuilt.root) == (made.inputs, made.root)
    cutout = made.cutout("x", now=NOON, lease_until=NOON)
    assert (cutout.parents, cutout.root) == ((made.id,), made.root)
    assert options_of(cutout).subject == options_of(made).subject == "A red fox, A red fox"


def test_fingerprint_covers_all_inputs_in_order(world: World) -> None:
    """Without inputs it is that of earlier versions; each input, its role and bytes change it."""
    plain = a_request(size="1536x1024")
    assert plain.fingerprint == "b509185d361e2923288711e1a83654048c3e1b415fc7e0aa05a4a72dd2fce4dd"
    one, two = add(world), add(world, b"1536x1024 mask")
    requests = [
        plain,
        an_edit(world, one),
        an_edit(world, two),
        an_edit(world, one, two),
        an_edit(world, two, one),
        an_edit(world, one, mask_id=two.id),
        an_edit(world, one, mask=b"1536x1024 mask"),
    ]
    assert len({request.fingerprint for request in requests}) == len(requests)


@each_row(
    "broken, error",
    [
        ("missing", OriginalMissing),
        ("other bytes", ObjectDamaged),
        ("no store", StorageUnavailable),
        ("no disk", StorageUnavailable),
    ],
)
def test_unreadable_input_costs_nothing(broken: str, error: type[AppError]) -> None:
    """The record fails at no charge, even if the model was asked before, and refused."""
    for refusals in (0, 1):
        world = World()
        request = an_edit(world, add(world))
        world.generator.transparent = bool(refusals)
        if refusals:
            world.generator.fail("draw", TransparencyRefused())
        _break(world, broken, after=refusals)
        with pytest.raises(error) as raised:
            world.generate(request)
        assert raised.value.charged is Charged.NO
        (made,) = [one for one in world.records.by_id.values() if one.inputs]
        assert (made.state, made.charged) == (State.FAILED, Charged.NO)


def _break(world: World, how: str, *, after: int) -> None:
    if how == "no disk":
        world.spool.fail("open_file", StorageUnavailable(), after=after)
    elif how == "no store":
        world.store.fail("get originals", StorageUnavailable(), after=after)
    elif after == 0:
        (key,) = world.store.objects
        world.store.delete(key)
        if how == "other bytes":
            world.store.put(key, b"others", content_type="image/png")
    else:  # the same as above, at the second reading
        error = OriginalMissing() if how == "missing" else ObjectDamaged()
        world.store.fail("get originals", error, after=after)


def test_only_uploaded_images_are_moderated(world: World) -> None:
    """The provider has checked its own; a rejected upload costs nothing and leaves no record."""
    own, foreign = add(world), add(world, b"an upload", provider="upload")
    request = an_edit(world, own, foreign)
    world.generate(request)
    assert foreign.original is not None
    assert world.moderator.checked_images == [foreign.original.sha256]
    world.moderator.fail("check_image", PromptRejected())
    paid = len(world.generator.requests)
    with pytest.raises(PromptRejected):
        world.generate(request)
    assert len(world.generator.requests) == paid
    assert len(world.records.by_id) == 3


def test_transparent_inputs_follow_the_background(world: World) -> None:
    """They are sent on white, unless the model draws on a transparent background."""
    request = an_edit(world, add(world, b"transparent fox"))
    world.generate(request)
    assert world.generator.sent == [("image", "png", b"on white: transparent fox")]
    world.generator.transparent = True
    world.generate(request)
    assert world.generator.sent == [("image", "png", b"transparent fox")]


def test_mask_is_sent_as_it_is(world: World) -> None:
    """Its transparent pixels have a meaning of their own."""
    image, mask = add(world), add(world, b"transparent 1536x1024")
    with pytest.raises(InvalidMask):
        an_edit(world, image, mask_id=mask.id)
    good = add(world, b"1536x1024 transparent")
    made = world.generate(an_edit(world, image, mask_id=good.id))
    assert world.generator.sent[-1] == ("mask", "png", b"1536x1024 transparent")
    assert made.parents == (image.id,)
    made = world.generate(an_edit(world, image, mask=b"1536x1024 given"))
    assert world.generator.sent[-1] == ("mask", "png", b"1536x1024 given")


@each_row("owner, state", [("bob", State.READY), (None, State.PENDING), (None, State.DELETED)])
def test_inputs_must_be_images_of_the_caller(owner: str | None, state: State) -> None:
    """Those of others look absent, as reference and as mask, too."""
    world = World()
    other, own = add(world, owner="alice", state=state), add(world, owner=owner or "")
    for images, given in (((other,), {}), ((own, other), {}), ((own,), {"mask_id": other.id})):
        with pytest.raises(ImageNotFound):
            find(world, *images, owner=owner, **given)


def test_images_have_a_limit_together(world: World) -> None:
    """The limit keeps the time bounded that it takes to send them."""
    large = add(world)
    assert large.original is not None
    big = replace(large, original=replace(large.original, size_bytes=60_000_000))
    world.records.compare_and_swap(large, big)
    find(world, big)
    with pytest.raises(InvalidRequest, match="100 MB"):
        find(world, big, big)


@each_row(
    "size, expected",
    [
        ((1024, 1024), "1024x1024"),
        ((1200, 1000), "1024x1024"),
        ((1600, 1000), "1536x1024"),
        ((10, 90), "1024x1536"),
    ],
)
def test_size_follows_the_shape_of_the_first_image(size: Sequence[int], expected: str) -> None:
    """The original of an edit has the proportions that fit best."""
    world = World()
    record = add(world)
    assert record.original is not None
    shaped = replace(record, original=replace(record.original, width=size[0], height=size[1]))
    world.records.compare_and_swap(record, shaped)
    assert find(world, shaped).size == expected


def test_records_of_early_versions_are_read(world: World) -> None:
    """Without a hash in the record, the bytes in the store count."""
    record = add(world)
    assert record.original is not None
    world.records.compare_and_swap(record, replace(record, original=None))
    (given,) = find(world, record).inputs
    assert given.reference.sha256 == record.original.sha256
    assert (given.width, given.height) == (1536, 1024)
