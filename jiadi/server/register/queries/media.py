"""Photos and documents of a row (查影像与附件). A file is reached through its row alone, and so within the scope alone."""

from __future__ import annotations

from uuid import UUID

from jiadi.server.database.scope import Scope
from jiadi.server.register.models import Media
from jiadi.server.register.queries.lists import Moment, known


def media_of(scope: Scope, subject_id: UUID, as_of: Moment = None) -> list[Media]:
    """Photos and documents of a row (附件清单), the earliest first."""
    return list(known(Media, scope, as_of).filter(subject_id=subject_id).order_by("id"))


def medium(scope: Scope, media_id: UUID) -> Media | None:
    """One of them by its id (取附件); None outside the scope."""
    found: Media | None = known(Media, scope).filter(id=media_id).first()
    return found
