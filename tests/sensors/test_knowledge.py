"""From what people resolved to the AI tier's knowledge base, by command."""

import json
from pathlib import Path

import duckdb
import pytest
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from sensors.command_line import main
from sensors.ledger import Ledger, open_ledger
from tests.sensors.conftest import Publish
from warehouse.home import Home

BOTH_DATABASES = True

_TABLE = """
create schema marts;
create table marts.fct_knowledge_candidates as
select * from (values
    ('aa11', 'How do I export [name]?', 'Choose Export.', '["src/export.py"]', 3, 2),
    ('bb22', 'Why?', '# Because\nof this', null, 1, 1)
) as candidates (candidate_id, question, resolution, sources, conversations, accounts)
"""


class Terminal:
    def __init__(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        self.home, self.capsys = home, capsys

    def __call__(self, *words: str) -> str:
        console = Console(record=True, width=200, highlight=False)
        assert main(["knowledge", *words], console=console) == 0, self.capsys.readouterr().err
        return console.export_text()

    def refused(self, *words: str) -> str:
        assert main(["knowledge", *words]) == 1
        return self.capsys.readouterr().err

    def exported(self) -> list[dict[str, object]]:
        self("export", "--by", "job")
        lines = (self.home.root / "knowledge" / "knowledge.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture
def terminal(
    home: Home,
    url: str,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Terminal:
    with duckdb.connect(str(publish([]))) as connection:
        connection.execute(_TABLE)
    monkeypatch.setenv("TIERLINE_HOME", str(home.root))
    monkeypatch.setenv("TIERLINE_LEDGER_URL", url)
    return Terminal(home, capsys)


def test_an_approved_candidate_is_exported_in_the_words_that_were_approved(
    terminal: Terminal, home: Home, url: str
) -> None:
    assert "How do I export" in terminal() and terminal.exported() == []
    terminal("approve", "aa", "--by", "ana", "--answer", "Choose Export, then CSV.")
    terminal("approve", "bb22", "--by", "ana")
    assert "No knowledge candidate waits" in terminal() and "approved by ana" in terminal("--all")
    first, second = terminal.exported()
    assert (first["question"], first["answer"]) == ("How do I export [name]?", "Choose Export, then CSV.")
    assert first["sources"] == ["src/export.py"] and second["id"] == "bb22"
    markdown = (home.root / "knowledge" / "knowledge.md").read_text()
    # what somebody wrote is no structure of the page
    assert "\n## Why?\n\n> # Because\n> of this\n" in markdown and "\n# Because" not in markdown

    # each is noted as exported once, and again when its words change
    terminal.exported()
    terminal("approve", "bb22", "--by", "ben", "--answer", "Because of that.")
    assert terminal.exported()[1]["answer"] == "Because of that."
    with open_ledger(url).reading() as connection:
        noted = connection.execute(
            text("select candidate_id from knowledge_events where verdict = 'exported' order by event_id")
        )
        assert list(noted.scalars()) == ["aa11", "bb22", "bb22"]


def test_a_rejected_candidate_leaves_the_knowledge_base(terminal: Terminal) -> None:
    terminal("approve", "aa11", "--by", "ana")
    terminal("reject", "aa11", "--by", "ben", "--why", "wrong since March")
    assert terminal.exported() == [] and "rejected by ben: wrong since March" in terminal("--all")


def test_what_can_not_be_approved_is_refused_with_a_reason(terminal: Terminal) -> None:
    assert "0 knowledge candidates begin with 'zz'" in terminal.refused("approve", "zz")
    assert "needs a question and an answer" in terminal.refused("approve", "aa11", "--answer", " ")


def test_what_people_said_can_only_be_added_to(terminal: Terminal, ledger: Ledger, tmp_path: Path) -> None:
    terminal("approve", "aa11")
    for change in ("update knowledge_events set who = 'nobody'", "delete from knowledge_events"):
        with pytest.raises(DatabaseError, match="append-only"), ledger.writing() as connection:
            connection.execute(text(change))


def test_an_export_that_could_not_be_written_is_refused_with_a_reason_and_not_noted(
    terminal: Terminal, ledger: Ledger, tmp_path: Path
) -> None:
    terminal("approve", "aa", "--by", "ana", "--why", "it is right")
    file = tmp_path / "file"
    file.write_text("kept")
    assert (
        terminal.refused("export", "--to", str(file)) == f"{file} can't be written to: it is not a folder\n"
    )
    assert "Not a directory" in terminal.refused("export", "--to", str(file / "x"))
    with ledger.reading() as connection:
        events = connection.execute(text("select verdict from knowledge_events")).scalars().all()
    assert events == ["approved"]
