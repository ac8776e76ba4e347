"""The password file for compose: random, private, never overwritten, read back by us."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from modelkin.errors import ExitCode, UserError
from modelkin.graph.password import generate
from modelkin.graph.settings import neo4j_settings


def test_the_file_is_private_and_in_the_containers_form(tmp_path: Path) -> None:
    path = generate(tmp_path / "neo4j-password")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert re.fullmatch(r"neo4j/[\w-]{32}\n", path.read_text())


def test_each_password_is_another(tmp_path: Path) -> None:
    made = {generate(tmp_path / str(i)).read_text() for i in range(20)}
    assert len(made) == 20


def test_our_own_settings_read_it(tmp_path: Path) -> None:
    path = generate(tmp_path / "p")
    settings = neo4j_settings("bolt://localhost", None, {"NEO4J_PASSWORD_FILE": str(path)})
    assert settings is not None
    assert f"neo4j/{settings.password}\n" == path.read_text()


def test_a_file_that_exists_is_kept(tmp_path: Path) -> None:
    path = generate(tmp_path / "p")
    before = path.read_text()
    with pytest.raises(UserError, match="exists already") as caught:
        generate(path)
    assert caught.value.exit_code == ExitCode.USER
    assert path.read_text() == before
    assert before.strip().partition("/")[2] not in str(caught.value)


def test_a_link_to_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="exists already"):
        generate(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Cannot write") as caught:
        generate(tmp_path / "none" / "p")
    assert str(tmp_path) in caught.value.where
