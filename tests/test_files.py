"""Files are written whole or not at all."""

import pytest

from deploykit.files import replacing, sha256, write_atomically


def test_the_content_arrives_and_no_part_is_left(tmp_path):
    write_atomically(tmp_path / "new" / "file", b"content")
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["file"]
    assert sha256(tmp_path / "new" / "file") == "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"


def test_a_failure_half_way_keeps_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_bytes(b"old")
    monkeypatch.setattr(
        "pathlib.Path.write_bytes", lambda self, content: (_ for _ in ()).throw(OSError("No space left on device"))
    )
    with pytest.raises(OSError, match="No space left"):
        write_atomically(file, b"new")
    monkeypatch.undo()
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_is_replaced_when_the_new_one_is_whole(tmp_path):
    for content in ("first", "second"):
        with replacing(tmp_path / "there" / "folder") as new:
            (new / content).touch()
    assert [file.name for file in (tmp_path / "there" / "folder").iterdir()] == ["second"]
    assert [folder.name for folder in (tmp_path / "there").iterdir()] == ["folder"]


@pytest.mark.parametrize("error", [OSError("No space left on device"), KeyboardInterrupt()], ids=repr)
def test_a_failure_half_way_keeps_the_old_folder(tmp_path, error):
    (tmp_path / "folder" / "old").mkdir(parents=True)

    def fill_half():
        with replacing(tmp_path / "folder") as new:
            (new / "half").touch()
            raise error

    with pytest.raises(type(error)):
        fill_half()
    assert [file.name for file in tmp_path.rglob("*")] == ["folder", "old"]


def test_a_folder_that_cannot_take_the_old_ones_place_gives_it_back(tmp_path):
    (tmp_path / "folder" / "old").mkdir(parents=True)
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "folder") as new:
        new.rmdir()
    assert [file.name for file in tmp_path.rglob("*")] == ["folder", "old"]
