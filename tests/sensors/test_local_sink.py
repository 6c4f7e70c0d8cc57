"""The outbox file under crashes, other writers and full disks."""

import json
import threading
from pathlib import Path

from sensors.channels.channel import DestinationUnavailableError, Message, Receipt
from sensors.channels.local_sink import LocalSink
from tests.sensors.conftest import Clock


def message(action_id: str) -> Message:
    return Message(action_id, "email", "ana@northwind-cs.io", None, "play", "acc", {"text": "hé\n"})


def ids(path: Path) -> list[str]:
    return [json.loads(line)["action_id"] for line in path.read_text().splitlines()]


def test_sending_again_appends_nothing_and_gives_the_same_reference(tmp_path: Path) -> None:
    path = tmp_path / "email.jsonl"
    first = list(LocalSink(path, now=Clock()).send([message("a"), message("b")]))
    again = list(LocalSink(path, now=Clock()).send([message("b"), message("c"), message("a")]))
    assert first == [Receipt("email.jsonl:1"), Receipt("email.jsonl:2")]
    assert again == [Receipt("email.jsonl:2"), Receipt("email.jsonl:3"), Receipt("email.jsonl:1")]
    assert ids(path) == ["a", "b", "c"]


def test_a_line_torn_by_a_crash_is_cut_off_and_sent_again(tmp_path: Path) -> None:
    path = tmp_path / "email.jsonl"
    list(LocalSink(path, now=Clock()).send([message("a"), message("b")]))
    whole = path.read_bytes()
    for cut in (1, 10, len(whole.splitlines()[1])):
        path.write_bytes(whole[:-cut])
        sink = LocalSink(path, now=Clock())
        assert sink.look_up(["a", "b"]) == {"a": "email.jsonl:1"}
        list(sink.send([message("b")]))
        assert path.read_bytes() == whole


def test_lines_of_others_are_left_alone_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "email.jsonl"
    path.write_text("# a note\n\n\n")
    assert list(LocalSink(path, now=Clock()).send([message("a")])) == [Receipt("email.jsonl:4")]
    assert path.read_text().startswith("# a note\n\n\n{")


def test_two_sinks_on_one_file_see_each_other(tmp_path: Path) -> None:
    path = tmp_path / "email.jsonl"
    sinks = [LocalSink(path, now=Clock()) for _ in range(4)]
    everything = [message(f"m{number:03}") for number in range(200)]

    def work(sink: LocalSink) -> None:
        for start in range(0, len(everything), 7):
            list(sink.send(everything[start : start + 7]))

    threads = [threading.Thread(target=work, args=(sink,)) for sink in sinks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids(path)) == [one.action_id for one in everything]


def test_an_outbox_that_was_emptied_starts_again(tmp_path: Path) -> None:
    path = tmp_path / "email.jsonl"
    sink = LocalSink(path, now=Clock())
    list(sink.send([message("a")]))
    path.unlink()
    assert sink.look_up(["a"]) == {}
    list(sink.send([message("a")]))
    assert ids(path) == ["a"]


def test_an_outbox_that_can_not_be_written_fails_for_now_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    (outcome,) = LocalSink(tmp_path / "outbox" / "email.jsonl", now=Clock()).send([message("a")])
    assert isinstance(outcome, DestinationUnavailableError) and "can't be written" in str(outcome)
