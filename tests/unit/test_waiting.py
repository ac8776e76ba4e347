"""A command says that it waits for its server: after two seconds, five for a commit, and once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modelkin.graph import waiting
from modelkin.graph.waiting import Waiting


class Clock:
    """Timers that run out when the test says so."""

    def __init__(self) -> None:
        self.running: list[Clock.Timer] = []
        clock = self

        class Timer:
            daemon = False

            def __init__(self, seconds: float, tell: Callable[[], None]) -> None:
                self.seconds, self.tell = seconds, tell

            def start(self) -> None:
                clock.running.append(self)

            def cancel(self) -> None:
                if self in clock.running:
                    clock.running.remove(self)

        self.Timer = Timer

    def runs_out(self) -> None:
        now, self.running = self.running, []
        for timer in now:
            timer.tell()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("threading.Timer", made.Timer)
    return made


def test_waiting_to_connect_is_said_and_work_is_not_waiting(clock: Clock) -> None:
    said: list[str] = []
    with Waiting(said.append) as here:
        here.around(clock.runs_out)()
        assert said == [], "it worked all the time"
    clock.runs_out()
    assert said == [], "it has ended"
    with Waiting(said.append):
        clock.runs_out()
        clock.runs_out()
    assert said == ["the database has not answered for 2 s; waiting"]


def test_a_commit_that_takes_long_is_said(clock: Clock) -> None:
    said: list[str] = []
    with Waiting(said.append) as here:
        assert here.around(lambda n: n + 1)(1) == 2
        assert [timer.seconds for timer in clock.running] == [waiting.COMMIT_S] == [5.0]
        clock.runs_out()
    assert said == ["the database has not answered for 5 s; waiting"]


def test_work_that_is_sent_again_and_again_is_said_once(clock: Clock) -> None:
    said: list[str] = []

    def fail() -> None:
        raise OSError

    with Waiting(said.append) as here:
        call = here.around(fail)
        for _ in range(3):
            with pytest.raises(OSError):
                call()
            assert len(clock.running) == 1, "the time counts from the first failure on"
            assert clock.running[0].seconds == waiting.PATIENCE_S == 2.0
        clock.runs_out()
        with pytest.raises(OSError):
            call()
        clock.runs_out()
    assert len(said) == 1
    assert clock.running == []


def test_where_nobody_listens_no_clock_runs(clock: Clock) -> None:
    with Waiting(None) as here:
        here.around(lambda: None)()
        assert clock.running == []
