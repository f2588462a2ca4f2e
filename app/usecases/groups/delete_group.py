"""Delete the images of a group, except those that are kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from app.errors import ImageNotFound, InvalidRequest
from app.models import PageQuery
from app.usecases.images.images import Images
from app.usecases.images.trash import Trash

_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class DeleteGroup:
    """Deletes candidates, usually those that were not chosen.

    Args:
        images: lists images.
        trash: takes or deletes images.
    """

    images: Images
    trash: Trash

    def __call__(
        self, group: str, *, keep: Collection[str], owner: str | None = None
    ) -> Sequence[str]:
        """Delete the group's images that are in the list; return their ids.

        Images that are being drawn or are already deleted are not in the list. An interrupted
        deletion can be repeated.

        Args:
            group: the id of the group.
            keep: the ids of images of the group that are not deleted.
            owner: the caller whose images may be deleted; None for all.

        Raises:
            ImageNotFound: the group has no images, or they are another caller's.
            InvalidRequest: an image to keep is not in the group; nothing was deleted.
            StorageUnavailable: some images or objects may be left.
            RecordsUnavailable: some images may be left.
        """
        members = self._members(group, owner)
        if not members:
            raise ImageNotFound(group)
        if not set(keep) <= set(members):
            problem = "Must be images of the group. Nothing was deleted."
            raise InvalidRequest.of_fields([{"field": "except", "message": problem}])
        return [one for one in members if one not in keep and self._delete(one, owner)]

    def _members(self, group: str, owner: str | None) -> list[str]:
        query, members = PageQuery(limit=_PAGE, group=group, owner=owner), list[str]()
        while True:
            page = self.images.page(query)
            members += [record.id for record in page.records]
            if page.end is None:
                return members
            query = replace(query, after=page.end)

    def _delete(self, image_id: str, owner: str | None) -> bool:
        try:
            self.trash.delete(image_id, owner=owner)
        except ImageNotFound:  # another request has deleted it in the meantime
            return False
        return True
