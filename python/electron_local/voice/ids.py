"""Names of things on the wire: `sv_…` server events, `item_…`, `resp_…`, `call_…`, `sess_…`."""

from __future__ import annotations

import uuid


def new_id(prefix: str) -> str:
    """A fresh name such as `item_3f…`, unique without a registry."""
    return f"{prefix}_{uuid.uuid4().hex[:24]}"
