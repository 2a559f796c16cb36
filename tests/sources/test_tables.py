"""Dumps of mysqldump are read as the database would read them, whatever is in them, and never run."""

from __future__ import annotations

import gzip
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringkeep.sources.source import Source
from ringkeep.sources.sqldump import MAX_DAMAGES, read_dump
from ringkeep.sources.tables import Database, read_bytes, read_tables

NAMES = ("id", "keyword", "data")
CREATE = b"""DROP TABLE IF EXISTS `sip`;
/*!40101 SET character_set_client = utf8 */;
CREATE TABLE `sip` (
  `id` varchar(20) NOT NULL DEFAULT '-1, it''s',
  `keyword` enum('a','b(') NOT NULL,
  `data` decimal(10,2) DEFAULT NULL COMMENT 'a;b',
  PRIMARY KEY (`id`,`keyword`),
  KEY `data` (`data`)
) ENGINE=InnoDB;
"""


def read(*dumps: bytes) -> Database:
    return Database(dump for number, data in enumerate(dumps) for dump in read_dump(f"{number}.sql", data).values())


def written(value: str | None) -> str:
    """As mysql_real_escape_string of libmariadb writes a value."""
    if value is None:
        return "NULL"
    escapes = {"\0": r"\0", "\n": r"\n", "\r": r"\r", "\\": r"\\", "'": r"\'", '"': r"\"", "\x1a": r"\Z"}
    return "'" + "".join(escapes.get(letter, letter) for letter in value) + "'"


VALUES = (
    st.none() | st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(("');", "),('", "\\", "''", ";"))
)
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=8)


@given(rows=ROWS, extended=st.booleans(), named=st.booleans())
def test_what_mysqldump_writes_is_read_back(rows: list[tuple[str | None, ...]], extended: bool, named: bool) -> None:
    head = "INSERT INTO `sip` " + ("(`id`, `keyword`, `data`) VALUES " if named else "VALUES ")
    tuples = ["(" + ",".join(map(written, row)) + ")" for row in rows]
    text = head + ",".join(tuples) + ";\n" if extended else "".join(f"{head}{one};\n" for one in tuples)
    tables = read(CREATE + text.encode())
    assert [tuple(row.values()) for row in tables["sip"]] == rows
    assert all(tuple(row) == NAMES for row in tables["sip"]) and tables.problems == ()


@given(st.lists(st.sampled_from((b"INSERT INTO `sip` VALUES ", b"(", b")", b"'", b"\\", b";", b"\n", b",", b"`", b"1", b"/*", b"*/",
                                 b"USE x;", b"CREATE TABLE t (", b"--", b"DELIMITER ;;\n", b"\xff", b"NULL")), max_size=40))  # fmt: skip
def test_no_bytes_make_reading_fail(parts: list[bytes]) -> None:
    tables = read(CREATE + b"".join(parts))
    assert all(isinstance(row, dict) for table in tables for row in tables[table])


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("'it''s'", "it's"), (r"'it\'s'", "it's"), (r"'a\nb\\c'", "a\nb\\c"), ("'two\nlines'", "two\nlines"), ("NULL", None), ("null", None),
        ("-1.5e3", "-1.5e3"), ("0x416e61", "Ana"), ("X'416E61'", "Ana"), ("_binary 'x)'", "x)"), ("_utf8mb4'x'", "x"), ("b'01'", "01"),
        (r"'50\%'", r"50\%"), ('"say ""a"""', 'say "a"'), ("''", ""), ("0x", "0x"), ("0xF", "0xF"),
    ],
)  # fmt: skip
def test_a_value_means_what_the_database_means_by_it(value: str, meaning: str | None) -> None:
    assert read(f"INSERT INTO `t` (`a`,`b`) VALUES (1, {value} );".encode())["t"] == [{"a": "1", "b": meaning}]


def test_rows_and_columns_may_be_in_files_of_their_own() -> None:
    tables = read(b"INSERT INTO `sip` VALUES ('1000','secret','x'),('1001','secret','y');\n", CREATE)
    assert [row["id"] for row in tables["sip"]] == ["1000", "1001"] and list(tables["sip"][-1]) == list(NAMES)


def test_a_schema_alone_gives_tables_without_rows() -> None:
    assert dict(read(CREATE)) == {"sip": []}


def test_bytes_that_are_no_utf8_are_an_old_systems_latin_1() -> None:
    tables = read(b"INSERT INTO `u` (`a`) VALUES ('Jos\xe9'),('Jos\xc3\xa9');\n")
    assert [row["a"] for row in tables["u"]] == ["José", "José"]


def test_every_row_knows_its_line() -> None:
    one_each = b"-- MariaDB dump\n\nINSERT INTO `u` (`a`) VALUES (1);\nINSERT INTO `u` (`a`) VALUES (2);\n"
    tables = read(one_each, b"\n\nINSERT INTO `v` (`a`) VALUES (1),(2);\n")
    assert [str(tables.place("u", number)) for number in (0, 1)] == ["0.sql:3", "0.sql:4"]
    assert [str(tables.place("v", number)) for number in (0, 1)] == ["1.sql:3", "1.sql:3"]


def test_a_row_on_each_line_of_one_statement() -> None:
    tables = read(b"INSERT INTO `u` (`a`, `b`) VALUES\r\n(1, 'x'),\r\n(2, NULL);\r\n")
    assert tables["u"] == [{"a": "1", "b": "x"}, {"a": "2", "b": None}]


def test_other_forms_of_insert_are_read() -> None:
    text = b"REPLACE INTO u (a, b) VALUES (1,2);\ninsert ignore into `asterisk`.`u` (`b`) values (3);\n# note; 'x\nINSERT u VALUES (4,5);"
    tables = read(b"CREATE TABLE u (a int, `b` int, KEY x (a));\n" + text)
    both = [*read_dump("x", text)["asterisk"].rows("u", ()), *tables["u"]]
    assert both == [{"b": "3"}, {"a": "1", "b": "2"}, {"a": "4", "b": "5"}]


def test_a_dump_that_is_cut_off_gives_its_whole_rows_and_says_where() -> None:
    tables = read(CREATE + b"INSERT INTO `sip` VALUES ('1','a','x'),('2','b','y'),('3','c")
    assert [row["id"] for row in tables["sip"]] == ["1", "2"]
    (problem,) = tables.problems
    assert problem.place.line == 10 and "cut off" in problem.what


def test_what_follows_a_broken_statement_is_read() -> None:
    tables = read(b"INSERT INTO `u` (`a`) VALUES ('1\nCREATE TABLE `v` (`a` int);\nINSERT INTO `v` VALUES (1);\n")
    assert list(tables["v"]) == [{"a": "1"}] and len(tables.problems) == 1


def test_rows_of_another_width_are_noted_and_kept_as_far_as_they_fit() -> None:
    tables = read(CREATE + b"INSERT INTO `sip` VALUES ('1','a'),('2','b','y','z');\n")
    assert tables["sip"] == [{"id": "1", "keyword": "a", "data": None}, {"id": "2", "keyword": "b", "data": "y"}]
    assert "2 rows of table sip" in tables.problems[0].what and tables.problems[0].place.line == 10


def test_triggers_and_comments_are_stepped_over() -> None:
    text = b"DELIMITER ;;\nCREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW BEGIN INSERT INTO u VALUES (9); END ;;\nDELIMITER ;\n"
    tables = read(text + b"/* INSERT INTO u VALUES (8); */\nINSERT INTO u (a) VALUES (1);\n")
    assert tables["u"] == [{"a": "1"}] and tables.problems == ()


HOSTILE = [
    (b"", b"INSERT INTO `u` (`a`) VALUES ('\n", b""), (b"", b"CREATE TABLE `u` (`a` '\n", b""), (b"", b"/*", b""), (b"", b"/* ;", b""),
    (b"", b"('a',", b""), (b"", b"\n--\n'", b""), (b"INSERT INTO u (a) VALUES (`'", rb"\'", b"`);"), (b"INSERT INTO u (a) VALUES ('", rb"\'", b""),
    (b"INSERT INTO u (a) VALUES (1", b" ", b");"), (b"INSERT INTO u (a) VALUES (1)", b";INSERT", b""), (b"", b"DELIMITER x\n", b""),
]  # fmt: skip


@pytest.mark.parametrize(("start", "part", "end"), HOSTILE)
def test_hostile_repetition_takes_linear_time(start: bytes, part: bytes, end: bytes) -> None:
    def seconds(count: int) -> float:
        begun = process_time()
        tables = read(start + part * count + end)
        sum(len(tables[table]) for table in tables)
        assert len(tables.problems) <= 2 * MAX_DAMAGES
        return process_time() - begun

    seconds(500)
    assert seconds(20_000) < 20 * seconds(2000) + 0.5


def source(folder: Path) -> Source:
    dumps = tuple(sorted(path for path in folder.rglob("*.sql*")))
    return Source(folder, "etc", folder, "freepbx", None, None, (), {}, dumps, None)


def test_of_several_databases_only_the_products_own_is_kept(tmp_path: Path) -> None:
    text = (
        b"CREATE DATABASE `roundcube`;\nUSE `roundcube`;\nINSERT INTO `users` (`user_id`) VALUES (1);\n"
        b"USE `mysql`;\nINSERT INTO `user` (`Host`) VALUES ('localhost');\n"
        b"USE `asterisk`;\nINSERT INTO `users` (`extension`) VALUES ('100');\nINSERT INTO `devices` (`id`) VALUES ('100');\n"
        b"USE `asteriskcdrdb`;\nINSERT INTO `cdr` (`src`) VALUES ('100');\n"
    )
    (tmp_path / "all.sql").write_bytes(text)
    assert dict(read_tables(source(tmp_path))) == {"users": [{"extension": "100"}], "devices": [{"id": "100"}]}


def test_a_neighbours_dump_beside_the_products_is_left_out(tmp_path: Path) -> None:
    known = ("users", "devices", "trunks", "incoming")
    (tmp_path / "z.sql").write_text("".join(f"INSERT INTO `{table}` (`id`) VALUES (1);\n" for table in known))
    (tmp_path / "call_center.sql").write_bytes(
        b"INSERT INTO `users` (`id`) VALUES (2);\nINSERT INTO `agent` (`id`) VALUES (3);\n"
    )
    (tmp_path / "schema.sql").write_bytes(CREATE)
    tables = read_tables(source(tmp_path))
    assert set(tables) == {*known, "sip"} and tables["users"] == [{"id": "1"}]


def test_a_schema_without_any_rows_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_bytes(CREATE + b"INSERT INTO `cdr` (`src`) VALUES (1);\n")
    assert dict(read_tables(source(tmp_path))) == {}


def test_call_records_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes(
        b"INSERT INTO `cdr` (`src`) VALUES ('100');\nINSERT INTO `admin` (`variable`) VALUES ('x');\n"
    )
    (tmp_path / "cdr.sql.gz").write_bytes(b"not even gzip")
    tables = read_tables(source(tmp_path))
    assert dict(tables) == {"admin": [{"variable": "x"}]} and tables.problems == ()


def test_a_compressed_dump_that_is_cut_off_gives_what_was_whole(tmp_path: Path) -> None:
    rows = b"".join(b"INSERT INTO `users` (`extension`) VALUES ('%d');\n" % number for number in range(1000, 9000))
    (tmp_path / "asterisk.sql.gz").write_bytes(gzip.compress(rows)[:-2000])
    tables = read_tables(source(tmp_path))
    assert 1000 < len(tables["users"]) < 8000 and tables["users"][0] == {"extension": "1000"}
    assert any("cut off" in problem.what for problem in tables.problems)
    assert all(problem.place.file == "asterisk.sql.gz" for problem in tables.problems)


def test_a_dump_compressed_in_pieces_is_read_whole(tmp_path: Path) -> None:
    pieces = [
        gzip.compress(b"INSERT INTO `users` (`extension`) VALUES ('%d');\n" % number) for number in range(1000, 4000)
    ]
    (tmp_path / "asterisk.sql.gz").write_bytes(b"".join(pieces))
    tables = read_tables(source(tmp_path))
    assert len(tables["users"]) == 3000 and tables.problems == ()


def test_no_more_than_the_limit_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "asterisk.sql.gz"
    path.write_bytes(gzip.compress(b"INSERT INTO `u` (`a`) VALUES (1);\n" * 100_000))
    data, fault = read_bytes(path, 1000)
    assert len(data) == 1000 and fault is not None and "1000 bytes" in fault


def test_a_compressed_dump_that_is_damaged_is_noted(tmp_path: Path) -> None:
    (tmp_path / "asterisk.sql.gz").write_bytes(b"\x1f\x8bnonsense")
    assert [problem.place.file for problem in read_tables(source(tmp_path)).problems] == ["asterisk.sql.gz"]
