"""Questions that come at the same moment do not take each other for a load."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock

from modelkin.errors import UserError
from modelkin.graph.door import _refuse_while_loading


def test_many_questions_at_once_are_no_load(tmp_path: Path) -> None:
    place: Any = SimpleNamespace(loading_lock=tmp_path / "loading.lock")
    place.loading_lock.touch()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _refuse_while_loading(place), range(200)))


def test_a_load_is_noticed(tmp_path: Path) -> None:
    place: Any = SimpleNamespace(loading_lock=tmp_path / "loading.lock")
    with FileLock(place.loading_lock), pytest.raises(UserError, match="busy"):
        _refuse_while_loading(place)
