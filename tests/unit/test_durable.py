"""A file that was written durably is there whole, or as it was."""

from pathlib import Path

import pytest

from hub import durable


def test_file_is_replaced_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a.note"
    durable.replace(path, b"one")
    durable.replace(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize(("point", "content"), [("written", b"one"), ("replaced", b"two")])
def test_killed_at_any_point_it_is_the_old_file_or_the_new_one(tmp_path: Path, point: str, content: bytes) -> None:
    path = tmp_path / "a.note"
    durable.replace(path, b"one")

    def killed(at: str) -> None:
        if at == point:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        durable.replace(path, b"two", killed)
    assert path.read_bytes() == content


def test_file_that_is_there_stays_and_nothing_is_made_for_it(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    durable.write_once(path, lambda: b"one")
    durable.write_once(path, lambda: pytest.fail("it was made again"))
    assert path.read_bytes() == b"one"
    assert [*tmp_path.iterdir()] == [path]


def test_who_was_first_stays_when_two_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.key"

    def beaten() -> bytes:
        path.write_bytes(b"first")
        return b"second"

    durable.write_once(path, beaten)
    assert path.read_bytes() == b"first"


def test_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        durable.replace(tmp_path / "none" / "a.note", b"one")
