"""A database that cannot be used for a while: its disk is full, PostgreSQL restarts. What was to be written waits for it.

A job is not at fault then, so it does not fail: it goes on where it was, as after a `kill -9`, once there is room again
or PostgreSQL is back. Both of a job's databases are meant, Django's and the engine's.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import django.db
import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError

from ringkeep.phonesystem.sentences import Sentence

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
# https://sqlite.org/rescode.html
SQLITE_PASSES = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
}
# PostgreSQL's manual, appendix A: connection, resources, shutdown and crash, read-only standby, deadlock.
POSTGRESQL_PASSES = ("08", "53", "57P", "25006", "40")
log = logging.getLogger("ringkeep.jobs")
T = TypeVar("T")


def passes(error: BaseException | None) -> bool:
    """Whether it means that a database cannot be used now, and may be later."""
    while error is not None:
        if isinstance(error, sqlite3.Error):
            return getattr(error, "sqlite_errorcode", 0) & 0xFF in SQLITE_PASSES
        if isinstance(error, psycopg.InterfaceError):  # the connection is closed
            return True
        if isinstance(error, psycopg.OperationalError):
            return error.sqlstate is None or error.sqlstate.startswith(POSTGRESQL_PASSES)
        error = getattr(error, "orig", None) or error.__cause__
    return False


def wait_out(work: Callable[[], T]) -> T:
    """Do it, and again as long as the database cannot be used."""
    for pause_s in pauses():
        try:
            return work()
        except Exception as error:
            if not passes(error):
                raise
            say(error, pause_s)
            lose_connection()
        time.sleep(pause_s)
    raise AssertionError("pauses have no end")


def pauses() -> Iterator[float]:
    """Seconds between one try and the next, without end."""
    pause_s = FIRST_PAUSE_S
    while True:
        yield pause_s
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def say(error: Exception, pause_s: float) -> None:
    """One line for whoever reads what the server says: there is no database to say it in."""
    log.warning("the database cannot be used (%s): trying again in %.0f s", words_of(error), pause_s)


def said(error: Exception) -> Sentence:
    """What it means for whoever asks for something now."""
    return Sentence(
        "Ringkeep's own database cannot be used now ({why}). Make room on its disk, or see that PostgreSQL runs; then ask again.",
        {"why": words_of(error)},
    )


def words_of(error: Exception) -> str:
    """The database's own words, in a line."""
    inmost: BaseException = error
    while (cause := getattr(inmost, "orig", None) or inmost.__cause__) is not None:
        inmost = cause
    return " ".join(str(inmost).split())[:200]


def lose_connection() -> None:
    """The next use opens a new one: what a broken one would say is of no use."""
    with contextlib.suppress(django.db.Error):
        django.db.connection.close()


def let_engine_wait(engine: Engine) -> None:
    """Let DBOS wait for room as it waits for PostgreSQL: what SQLite cannot do now becomes an error that it tries again."""

    def as_locked(context: ExceptionContext) -> OperationalError | None:
        error = context.original_exception
        if not isinstance(error, sqlite3.Error) or not passes(error):
            return None
        return OperationalError(None, None, sqlite3.OperationalError(f"database is locked: {error}"))

    if engine.dialect.name == "sqlite":
        event.listen(engine, "handle_error", as_locked)
