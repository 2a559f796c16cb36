"""`ringkeep route`: what it prints, what it draws, and that names from outside can do no harm in either."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.explanations.layout import Joined, place
from ringkeep.explanations.picture import picture
from ringkeep.explanations.route_documents import document, graphviz
from ringkeep.explanations.route_words import RouteWords, telling
from ringkeep.explanations.text_size import lines_of, width_of
from ringkeep.phonesystem.callflow import Tree, walk
from tests.phonesystem.systems import EXTENSIONS, PJSIP, TUESDAY, system

SABA = Path(__file__).parents[2] / "samples/saba"
NUMBER = "982188880100"
SVG = "{http://www.w3.org/2000/svg}"


def route(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ringkeep.cli.main", "route", *arguments]
    program = Path(sys.executable).with_name("ringkeep")
    return subprocess.run([str(program), *command[3:]], capture_output=True, text=True, timeout=120, check=False)


def saba(*arguments: str) -> subprocess.CompletedProcess[str]:
    return route(str(SABA), *arguments, "--at", "2026-11-24T10:00")


# -- the command ----------------------------------------------------------------------------------------------


def test_json_is_one_document_whose_edges_join_its_nodes() -> None:
    done = saba(NUMBER, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (told["number"], told["via"], told["at"], told["dead_ends"]) == (
        NUMBER, "carrier-a", "2026-11-24T10:00", [],
    )  # fmt: skip
    ids = {node["id"] for node in told["nodes"]}
    assert all({edge["from"], edge["to"]} <= ids for edge in told["edges"]) and set(told["ends"]) <= ids
    menu = next(node for node in told["nodes"] if node["kind"] == "menu")
    assert menu["where"].startswith("/etc/asterisk/extensions.d/20-menus.conf:") and menu["prompts"]
    assert any(e["label"] == "key 2" for e in told["edges"] if e["from"] == menu["id"])


def test_the_terminal_form_is_a_tree_with_file_and_line() -> None:
    done = saba(NUMBER)
    assert done.returncode == 0
    assert "key 1" in done.stdout and "20-menus.conf:7" in done.stdout and "└──" in done.stdout


def test_all_tells_each_number_in_a_line() -> None:
    done = saba("--all")
    assert [line.split(" ")[0] for line in done.stdout.splitlines() if " → " in line and line[0].isdigit()] == [
        NUMBER, "982188880200",
    ]  # fmt: skip
    assert [one["number"] for one in json.loads(saba("--all", "--json").stdout)["routes"]] == [NUMBER, "982188880200"]


def test_pictures_of_all_numbers_go_into_a_folder(tmp_path: Path) -> None:
    done = saba("--all", "--svg", str(tmp_path / "made"))
    assert done.returncode == 0, done.stderr
    assert sorted(path.name.split("-")[0] for path in (tmp_path / "made").iterdir()) == [NUMBER, "982188880200"]


@pytest.mark.parametrize(
    ("arguments", "named"), [(("5",), "982188880200"), ((NUMBER, "--via", "nobody"), "carrier-b"), ((), "--all")]
)
def test_what_does_not_exist_is_answered_with_what_does(arguments: tuple[str, ...], named: str, tmp_path: Path) -> None:
    done = saba(*arguments) if arguments != ("5",) else route(str(_no_catch_all(tmp_path)), "5")
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr or named == "982188880200"


def _no_catch_all(folder: Path) -> Path:
    """A system on which not every number leads somewhere."""
    (folder / "extensions.conf").write_text(EXTENSIONS)
    (folder / "pjsip.conf").write_text(PJSIP)
    return folder


def test_a_dead_end_ends_with_one(tmp_path: Path) -> None:
    folder = _no_catch_all(tmp_path)
    (folder / "extensions.conf").write_text("[from-carrier]\nexten => 5550100,1,Goto(gone,1,1)\n")
    done = route(str(folder), "5550100")
    assert done.returncode == 1
    assert "Dead end: context gone is missing" in done.stdout


# -- what it draws --------------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script>\"'&]]>\u202egnp.exe\x1b[2J"


def hostile() -> Tree:
    """A call that meets names which attack whoever shows them."""
    built = system(
        "[from-carrier]\nexten => 5550100,1,Playback(custom/x<b>\"'&y)\n same => n,Dial(PJSIP/201,20)\n"
        ' same => n,Goto(g<i>"one,1,1)\n',
        pjsip=PJSIP.replace("[201]\ntype=endpoint", f"[201]\ntype=endpoint\ncallerid={HOSTILE} <201>"),
    )
    return walk(built, "5550100", at=TUESDAY)


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_a_picture_is_well_formed_stands_alone_and_runs_nothing(lang: str) -> None:
    text = picture(hostile(), RouteWords(lang))
    root = ElementTree.fromstring(text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "style",
        "rect",
        "text",
        "g",
        "path",
    }
    assert not re.search(r"(href|src|url\(|@import|\son\w+=)", text)
    assert "\u202e" not in text and "\x1b" not in text
    assert all(
        element.get("tabindex") == "0"
        for element in root.iter(f"{SVG}g")
        if "node" in (element.get("class") or "").split()
    )


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_every_node_and_choice_is_in_the_picture_with_its_file_and_line(lang: str) -> None:
    built = walk(system(), "5550100", at=TUESDAY)
    said = RouteWords(lang)
    text = picture(built, said)
    nodes, _ = telling(built)
    for node in nodes[1:]:
        assert said.where(node) in text
    assert said.words.instant(TUESDAY) in text


def test_persian_runs_from_right_to_left() -> None:
    def first_and_last(lang: str) -> tuple[float, float]:
        found = re.findall(r'class="node \w+"[^>]*translate\(([-0-9.]+)', picture(built, RouteWords(lang)))
        return float(found[0]), float(found[-1])

    built = walk(system(), "5550100", at=TUESDAY)
    english, persian = first_and_last("en"), first_and_last("fa")
    assert english[0] < english[1] and persian[0] > persian[1]


def test_graphviz_and_json_survive_hostile_names() -> None:
    said = RouteWords("en")
    dot = graphviz(hostile(), said)
    assert all(len(re.findall(r'(?<!\\)(?:\\\\)*"', line)) % 2 == 0 for line in dot.splitlines())
    json.dumps(document(hostile(), said))


# -- room for text and boxes ----------------------------------------------------------------------------------


@given(st.text(max_size=200), st.integers(1, 5))
def test_lines_are_as_wide_and_as_many_as_was_asked(text: str, most: int) -> None:
    lines = lines_of(text, 13, 178, most)
    assert 1 <= len(lines) <= most
    assert all(width_of(line, 13) <= 178 + 13 for line in lines)


GRAPHS = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14), st.booleans()), max_size=30)


@settings(max_examples=60, deadline=None)
@given(GRAPHS)
def test_no_box_and_no_label_lies_on_another(edges: list[tuple[int, int, bool]]) -> None:
    boxes = {identity: (80.0 + 7 * identity, 40.0) for identity in range(15)}
    joined = [Joined(a, b, (50.0, 18.0) if labelled else (0.0, 0.0)) for a, b, labelled in dict.fromkeys(edges)]
    placed = place(boxes, joined, mirrored=False)
    taken = [(*placed.centres[identity], *size) for identity, size in boxes.items()]
    taken += [(*middle, 50.0, 18.0) for middle in placed.labels if middle is not None]
    for index, (x, y, w, h) in enumerate(taken):
        assert x - w / 2 >= 0 and x + w / 2 <= placed.width and y - h / 2 >= 0 and y + h / 2 <= placed.height
        for x2, y2, w2, h2 in taken[:index]:
            assert abs(x - x2) >= (w + w2) / 2 - 0.5 or abs(y - y2) >= (h + h2) / 2 - 0.5


def test_a_picture_of_sixty_things_is_drawn_in_time() -> None:
    keys = "".join(
        f"exten => {n},1,Playback(p{n})\n same => n,Dial(PJSIP/201,{n})\n same => n,Echo({n})\n" for n in range(10, 30)
    )
    built = walk(system(f"[from-carrier]\nexten => 5550100,1,WaitExten(5)\n{keys}"), "5550100", at=datetime(2026, 1, 6))
    assert len(picture(built, RouteWords("fa"))) > 10_000
