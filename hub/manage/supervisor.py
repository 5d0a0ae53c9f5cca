"""Starts the parts of the hub in order, starts again what dies, and stops all of it, in order, leaving nothing."""

import os
import select
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from hub.manage.parts import Call, Errand, Part, Process, Program, how_it_ended, kill_group, last_lines, now

FAILURES, WINDOW = 5, 30.0  # so many within so many seconds, or so many in a row without ever being ready: give up
START_LIMIT = 60.0  # seconds a part may take until it is ready
FIRST_PAUSE = 0.2  # seconds before the second start; doubles with each further failure
SAME_KEYPRESS = 1.0  # `make` and a terminal may both pass one Ctrl-C on; only a later one hastens
TICK = 0.1
LOG_LIMIT = 16 * 2**20  # bytes; a longer log is put aside as .log.1 at the next start


class StopRequested(Exception):
    """Somebody pressed Ctrl-C, closed the terminal or sent SIGTERM."""


class PartFailed(Exception):
    """A part that cannot be kept running."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}")
        self.name = name


class _Watched:
    """A part and what has become of it so far."""

    def __init__(self, work: Part | Errand, log: Path) -> None:
        self.work = work
        self.log = log
        self.process: Process | None = None
        self.up = False
        self.done = False
        self.failures: list[float] = []
        self.never_up = 0
        self.wanted_since = now()
        self.retry_at = 0.0

    def begin(self) -> None:
        self.process = Program(self.work, self.log) if isinstance(self.work, Part) else Call(self.work, self.log)

    def note_failure(self) -> bool:
        """Count it, set the time of the next try, and say whether there is to be one."""
        moment = now()
        self.never_up = 0 if self.up else self.never_up + 1
        self.failures = [*(when for when in self.failures if moment - when < WINDOW), moment]
        self.process, self.up, self.wanted_since = None, False, moment
        self.retry_at = moment + FIRST_PAUSE * 2 ** (len(self.failures) - 1)
        return len(self.failures) < FAILURES and self.never_up < FAILURES


class Supervisor:
    """Runs a list of parts and errands; `say` gets one line for whatever an operator should know."""

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say_line = say
        self._watched: list[_Watched] = []
        self._asked_at: float | None = None
        self._hasten = False
        self._wake, self._woken = -1, -1

    def run(self, works: Sequence[Part | Errand], finale: Callable[[], Errand | None], *, stay: bool) -> int:
        """Bring `works` up one after the other, then perform what `finale` returns; give the exit code.

        With `stay`, go on until asked to stop (0); else stop after the finale (0, or 1 when it failed, 130 when asked
        to stop before). A part that cannot be kept running stops everything (1), with the end of its log said.
        Must be called from the main thread of a process with one thread. Nothing runs any more when it returns.
        """
        with self._listening():
            try:
                for work in works:
                    self._bring_up(work)
                errand = finale()
                performed = errand is None or self._perform(errand)
                while stay:
                    self._tick()
                return 0 if performed else 1
            except StopRequested:
                return 0 if stay else 130
            except PartFailed as failure:
                self._say(f"{failure}. The end of {self._log(failure.name)}:\n{last_lines(self._log(failure.name))}")
                return 1
            finally:
                self._stop_all()

    def _bring_up(self, work: Part | Errand) -> None:
        watched = _Watched(work, self._log(work.name))
        with suppress(FileNotFoundError):
            if watched.log.stat().st_size > LOG_LIMIT:
                watched.log.rename(watched.log.with_suffix(".log.1"))
        self._watched.append(watched)
        self._tick(wait=0)
        while not watched.up:
            self._tick()

    def _perform(self, errand: Errand) -> bool:
        """Run the errand while watching the parts; whether it succeeded."""
        call = Call(errand, self._log(errand.name))
        try:
            while (code := call.ended()) is None:
                self._tick()
        finally:
            if call.ended() is None:
                kill_group(call.pid, signal.SIGKILL)
        if code != 0:
            self._say(f"{errand.name} did not succeed ({how_it_ended(code)}).")
        return code == 0

    def _tick(self, wait: float = TICK) -> None:
        """Wait for a signal or a moment, then look after every part."""
        select.select([self._woken], [], [], wait)
        with suppress(BlockingIOError):
            os.read(self._woken, 4096)
        if self._asked_at is not None:
            raise StopRequested
        needed_are_up = True  # a part needs those before it: with them down, it would only fail again
        for watched in self._watched:
            self._look_after(watched, needed_are_up)
            needed_are_up = needed_are_up and watched.up

    def _look_after(self, watched: _Watched, needed_are_up: bool) -> None:
        if watched.done:
            return
        if watched.process is None:
            self._start_when_clear(watched, needed_are_up)
        elif (code := watched.process.ended()) is not None:
            self._note_end(watched, code)
        elif not watched.up and isinstance(watched.work, Part):
            self._ask_if_ready(watched, watched.work)

    def _start_when_clear(self, watched: _Watched, needed_are_up: bool) -> None:
        if not needed_are_up:
            watched.wanted_since = now()
        if not needed_are_up or now() < watched.retry_at:
            return
        if not isinstance(watched.work, Part) or watched.work.clear():
            watched.begin()
        elif now() - watched.wanted_since > START_LIMIT:
            raise PartFailed(watched.work.name, "is still held up by processes of an earlier start")

    def _ask_if_ready(self, watched: _Watched, part: Part) -> None:
        if part.ready():
            watched.up = True
            if watched.failures:
                self._say(f"{part.name} runs again.")
        elif now() - watched.wanted_since > START_LIMIT:
            raise PartFailed(part.name, f"was not ready within {START_LIMIT:.0f} s")

    def _note_end(self, watched: _Watched, code: int) -> None:
        name = watched.work.name
        if isinstance(watched.work, Errand):
            if code == 0:
                watched.up = watched.done = True
                return
            others_are_up = all(other.up for other in self._watched if other is not watched)
            if others_are_up:  # nothing else is to blame: no use in trying again
                raise PartFailed(name, f"failed ({how_it_ended(code)})")
        if not watched.note_failure():
            raise PartFailed(name, f"ended again and again ({how_it_ended(code)})")
        self._say(f"{name} ended unexpectedly ({how_it_ended(code)}); starting it again.")

    def _stop_all(self) -> None:
        if self._asked_at is not None:
            self._say("stopping. Ctrl-C again hastens it.")
        for watched in reversed(self._watched):
            if watched.process is not None:
                self._stop(watched.work, watched.process)
            self._await_clear(watched.work)
        if self._asked_at is not None:
            self._say("stopped.")

    def _stop(self, work: Part | Errand, process: Process) -> None:
        for number, seconds in work.stop if isinstance(work, Part) else ():
            if process.ended() is None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, number)
            self._await_end(process, seconds)
        if process.ended() is None:
            self._say(f"{work.name} does not stop; killing it.")
            kill_group(process.pid, signal.SIGKILL)
            self._await_end(process, START_LIMIT)

    def _await_clear(self, work: Part | Errand) -> None:
        """Wait for what a killed process left in the care of nobody."""
        limit = now() + 5
        while isinstance(work, Part) and not work.clear() and now() < limit:
            select.select([], [], [], TICK)

    def _await_end(self, process: Process, seconds: float) -> None:
        begun = now()
        while process.ended() is None and now() - begun < (min(seconds, 1) if self._hasten else seconds):
            select.select([self._woken], [], [], TICK / 2)
            with suppress(BlockingIOError):
                os.read(self._woken, 4096)

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _say(self, text: str) -> None:
        with suppress(OSError):  # the terminal may be gone; that is no reason to leave processes behind
            self._say_line(f"hub: {text}")

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked_at is None:
            self._asked_at = now()
        elif now() - self._asked_at > SAME_KEYPRESS:
            self._hasten = True

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Signals become notes and wake the loop; as found again afterwards."""
        handlers = dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), self._on_signal)
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            del handlers[signal.SIGHUP]  # started under nohup
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(self._woken)
            os.close(self._wake)
