"""docker-compose.yml: pinned, loopback only, no password in it, limits on memory and time."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelkin.graph.assembly import NEO4J, _conf
from modelkin.graph.password import generate

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def service(compose: dict[str, Any]) -> dict[str, Any]:
    assert list(compose["services"]) == ["neo4j"]
    found: dict[str, Any] = compose["services"]["neo4j"]
    return found


@pytest.fixture(scope="module")
def settings(service: dict[str, Any]) -> dict[str, str]:
    """The server's settings by their own names, as the image derives them."""
    return {
        name.removeprefix("NEO4J_").replace("__", "\0").replace("_", ".").replace("\0", "_"): value
        for name, value in service["environment"].items()
    }


def test_the_version_is_that_of_the_tests_and_community(service: dict[str, Any]) -> None:
    assert service["image"] == f"neo4j:{NEO4J}-community"


def test_ports_are_on_loopback_only(service: dict[str, Any]) -> None:
    assert sorted(service["ports"]) == ["127.0.0.1:7474:7474", "127.0.0.1:7687:7687"]
    assert "network_mode" not in service
    assert "privileged" not in service


def test_no_password_stands_in_it(service: dict[str, Any], compose: dict[str, Any]) -> None:
    assert set(service["environment"]) & {"NEO4J_AUTH", "NEO4J_PASSWORD"} == set()
    assert service["environment"]["NEO4J_AUTH_FILE"] == "/run/password/auth"
    assert compose["secrets"] == {"neo4j-password": {"file": "./neo4j-password"}}
    assert service["secrets"] == ["neo4j-password"]
    assert "neo4j-password" in (ROOT / ".gitignore").read_text().split()


def test_the_server_gets_the_secret_that_only_its_owner_may_read(service: dict[str, Any]) -> None:
    *start, script = service["entrypoint"]
    assert start == ["tini", "-g", "--", "/bin/bash", "-c"]
    copy, start_image = script.split(" && ")
    assert copy == (
        "install -m 400 -o neo4j -g neo4j /run/secrets/neo4j-password /run/password/auth"
    )
    assert start_image == "exec /startup/docker-entrypoint.sh neo4j"
    assert service["tmpfs"][0].startswith("/run/password:")


def test_the_health_check_asks_a_query_and_shows_no_password(
    service: dict[str, Any], tmp_path: Path
) -> None:
    kind, command = service["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    assert "'RETURN 1'" in command
    # Run it with a cypher-shell of ours, which says what it was given.
    auth = generate(tmp_path / "auth")
    fake = tmp_path / "cypher-shell"
    fake.write_text(
        f'#!/bin/sh\necho "$NEO4J_PASSWORD" > {tmp_path}/got\necho "$@" >> {tmp_path}/got\n'
    )
    fake.chmod(0o755)
    command = command.replace("$$", "$").replace("/run/password/auth", str(auth))
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    password = auth.read_text().strip().partition("/")[2]
    given, arguments = (tmp_path / "got").read_text().splitlines()
    assert given == password
    assert password not in arguments + done.stdout + done.stderr
    assert arguments == "--address bolt://localhost:7687 RETURN 1"


def test_memory_and_time_are_limited(settings: dict[str, str]) -> None:
    size = re.compile(r"\d+[mG]")
    for name in (
        "server.memory.heap.initial_size",
        "server.memory.heap.max_size",
        "server.memory.pagecache.size",
        "dbms.memory.transaction.total.max",
        "db.memory.transaction.max",
    ):
        assert size.fullmatch(settings[name]), name
    assert settings["db.transaction.timeout"] == "30m"


def test_its_settings_are_those_that_the_assembled_server_of_the_tests_takes(
    settings: dict[str, str],
) -> None:
    """A server does not start with a setting that it does not know; that one starts."""
    known = {line.partition("=")[0] for line in _conf(1, 2).splitlines()}
    assert set(settings) - {"AUTH.FILE"} <= known


def test_files_stay_closed_and_nothing_is_reported(settings: dict[str, str]) -> None:
    assert settings["dbms.security.allow_csv_import_from_file_urls"] == "false"
    assert settings["dbms.usage_report.enabled"] == "false"
    assert not any("plugin" in name.lower() or "apoc" in name.lower() for name in settings)


def test_data_survive_in_named_volumes(service: dict[str, Any], compose: dict[str, Any]) -> None:
    assert service["volumes"] == ["neo4j-data:/data", "neo4j-logs:/logs"]
    assert set(compose["volumes"]) == {"neo4j-data", "neo4j-logs"}
