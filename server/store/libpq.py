"""Sends several statements at once, by libpq's pipeline mode. ``round_trips`` says what for; needs ``psycopg``."""

import select
from collections.abc import Sequence

from psycopg import OperationalError, capabilities
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

from server.store.round_trips import Link, Result, Statement

CAN_CLOSE = capabilities.has_send_close_prepared()
"""An older libpq cannot; then the server keeps what was prepared until the connection ends."""


def exchange(server: PGconn, link: Link, statements: Sequence[Statement]) -> list[Result]:
    """The results of the statements. Raises ``psycopg.Error`` for the first that fails; then none took effect."""
    server.enter_pipeline_mode()
    is_result = _begin(server, link, statements)
    answers = _answers(server)
    server.exit_pipeline_mode()
    for answer in answers:
        if answer.status == ExecStatus.FATAL_ERROR:
            link.prepare_anew()  # it may be what was to be prepared
            raise error_from_result(answer)
    return [_result(answer) for answer, wanted in zip(answers, is_result, strict=True) if wanted]


def _begin(server: PGconn, link: Link, statements: Sequence[Statement]) -> list[bool]:
    """Begin to send everything. Returns for each answer to come whether it is the result of a statement."""
    is_result: list[bool] = []
    if CAN_CLOSE:
        for name in link.stale:
            server.send_close_prepared(name)
            is_result.append(False)
    link.stale.clear()
    for text, parameters in statements:
        name = link.names.get(text, b"")
        if not name:
            link.prepared += 1
            name = link.names[text] = b"hookbench_%d" % link.prepared
            server.send_prepare(name, text)
            is_result.append(False)
        server.send_query_prepared(name, list(parameters), [Format.BINARY] * len(parameters), Format.BINARY)
        is_result.append(True)
    server.pipeline_sync()
    return is_result


def _answers(server: PGconn) -> list[PGresult]:
    """Send what is left to send, and return all answers up to the end of the pipeline."""
    poll = select.poll()
    answers: list[PGresult] = []
    unsent = server.flush()
    while True:
        # Read also while sending: a server that cannot get rid of its answers takes no more statements.
        poll.register(server.socket, select.POLLIN | select.POLLOUT if unsent else select.POLLIN)
        poll.poll()
        server.consume_input()
        if unsent:
            unsent = server.flush()
        while not server.is_busy():
            answer = server.get_result()
            if answer is None:
                raise OperationalError(server.get_error_message())  # the connection is lost
            if answer.status == ExecStatus.PIPELINE_SYNC:
                return answers
            answers.append(answer)
            server.get_result()  # the end of this answer, which is there already


def _result(answer: PGresult) -> Result:
    columns = range(answer.nfields)
    rows = [tuple([answer.get_value(row, column) for column in columns]) for row in range(answer.ntuples)]
    return Result(answer.command_tuples or 0, rows)
