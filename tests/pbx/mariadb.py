"""A real MariaDB of a test's own, on a socket only, with FreePBX 16's real databases."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb", "mariadb-dump")
ACCOUNT = "freepbxuser"


class Base:
    """`sql` runs statements as its root."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.socket = folder, folder / "s"
        self.password = ""

    def _client(self, database: str = "") -> list[str]:
        login = [f"--password={self.password}"] if self.password else []
        return [
            "mariadb",
            "--no-defaults",
            "-N",
            "-B",
            "-S",
            str(self.socket),
            *login,
            *([database] if database else []),
        ]

    @contextmanager
    def session(self, statements: str) -> Iterator[None]:
        """A session that has done these and stays."""
        client = subprocess.Popen([*self._client(), "--unbuffered"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert client.stdin and client.stdout
        client.stdin.write(f"{statements}; SELECT 'done';\n".encode())
        client.stdin.flush()
        try:
            assert client.stdout.readline() == b"done\n"
            yield
        finally:
            client.stdin.close()
            client.wait(30)

    def sql(self, statements: str | bytes, database: str = "") -> str:
        command = self._client(database)
        data = statements.encode() if isinstance(statements, str) else statements
        return subprocess.run(command, input=data, capture_output=True, check=True, timeout=60).stdout.decode()


@contextmanager
def running(folder: Path, system: Path, password: str) -> Iterator[Base]:
    """A server with the databases of `system`; it ends with the context."""
    if not all(shutil.which(name) for name in PROGRAMS):
        pytest.skip("MariaDB is not installed")
    base, data = Base(folder), folder / "data"
    install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
               "--skip-test-db", "--user=root"]  # fmt: skip
    subprocess.run(install, capture_output=True, check=True, timeout=120)
    server = subprocess.Popen(
        ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={base.socket}", "--skip-networking", "--user=root",
         "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(base, server)
        word = password.replace("\\", "\\\\").replace("'", "''")
        base.sql(
            f"CREATE DATABASE asterisk; CREATE DATABASE asteriskcdrdb; CREATE USER {ACCOUNT}@localhost IDENTIFIED BY '{word}';"
            f"GRANT ALL ON asterisk.* TO {ACCOUNT}@localhost; GRANT ALL ON asteriskcdrdb.* TO {ACCOUNT}@localhost"
        )
        base.sql((system / "schema-asterisk.sql").read_bytes(), "asterisk")
        rows = b"".join(
            (system / f"db/{name}.sql").read_bytes() for name in ("users", "devices", "modules", "admin", "trunks")
        )
        base.sql(rows, "asterisk")
        base.sql((system / "schema-asteriskcdrdb.sql").read_bytes(), "asteriskcdrdb")
        yield base
    finally:
        server.terminate()
        server.wait(30)


def _wait(base: Base, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, "MariaDB ended at once"
        if base.socket.exists():
            try:
                base.sql("SELECT 1")
                return
            except subprocess.CalledProcessError:
                pass
        time.sleep(0.1)
    raise AssertionError("MariaDB did not start")
