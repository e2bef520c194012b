"""Runs code with counters at its branches, in place of the sandbox that other parts are given."""

from dataclasses import replace
from typing import Protocol

from server.domain.coverage import Coverage, Instrumented, merge
from server.domain.messages import AttemptError
from server.domain.transformations import Counting, Program, Result, TransformFailed, Webhook


class RunsInBackground(Protocol):
    """The part of the sandbox that is used here."""

    async def run(self, program: Program, webhook: Webhook, *, background: bool) -> Result: ...


def uncounted(program: Program) -> Program:
    """The program under an owner's name that no live run has, as the background needs it."""
    return replace(program, owner=f"coverage of {program.owner}")


class CountingSandbox:
    """Runs the code with counters whenever it is asked to run that code, and adds up what they counted.

    Results are those of the code without counters: errors have their places in it. Runs delay no live event.
    """

    def __init__(self, sandbox: RunsInBackground, instrumented: Instrumented) -> None:
        self._sandbox = sandbox
        self._instrumented = instrumented
        self._counting = Counting(instrumented.name, len(instrumented.counters))
        self._counts = (0,) * self._counting.counters
        self.runs = 0
        """How many runs were counted."""

    @property
    def coverage(self) -> Coverage:
        """What all runs until now have covered."""
        return Coverage(self._instrumented, self._counts)

    async def run(self, program: Program, webhook: Webhook, *, background: bool = True) -> Result:
        if program.code != self._instrumented.original:
            return await self._sandbox.run(uncounted(program), webhook, background=background)
        counted = Program(uncounted(program).owner, self._instrumented.code, self._counting)
        result = await self._sandbox.run(counted, webhook, background=background)
        if len(result.counts) == self._counting.counters:  # the code may have left no memory to read them
            self._counts = merge((self._counts, result.counts), self._counting.counters)
            self.runs += 1
        if isinstance(result, TransformFailed):
            return replace(result, error=self._placed(result.error), counts=())
        return replace(result, counts=())

    def _placed(self, error: AttemptError) -> AttemptError:
        """The error with its place in the code without counters."""
        if error.line is None or error.column is None:
            return error
        column = self._instrumented.original_column(error.line, error.column)
        return replace(error, column=column, source_line=self._instrumented.original_line(error.line))
