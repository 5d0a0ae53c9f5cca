import pytest

from hub.tree.tiles import parse_tile_path, tile_path

PATHS = [
    ((0, 0, 256), "0/000"),
    ((0, 5, 1), "0/005.p/1"),
    ((1, 999, 255), "1/999.p/255"),
    ((2, 1000, 256), "2/x001/000"),
    ((0, 1234067, 256), "0/x001/x234/067"),
    ((63, 1234067, 112), "63/x001/x234/067.p/112"),
    ((None, 67, 256), "entries/067"),
    ((None, 1067, 9), "entries/x001/067.p/9"),
]


@pytest.mark.parametrize(("tile", "path"), PATHS)
def test_tile_has_the_path_of_the_specification(tile: tuple[int | None, int, int], path: str) -> None:
    assert tile_path(*tile) == path


@pytest.mark.parametrize(("tile", "path"), PATHS)
def test_path_is_read_back_as_its_tile(tile: tuple[int | None, int, int], path: str) -> None:
    assert parse_tile_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "0",
        "0/",
        "/000",
        "0/0",
        "0/00",
        "0/0000",
        "00/000",
        "01/000",
        "64/000",
        "-1/000",
        "Entries/000",
        "0/x000/001",
        "0/x001",
        "0/001/000",
        "0/x01/000",
        "0/X001/000",
        "0/000.p/0",
        "0/000.p/01",
        "0/000.p/256",
        "0/000.p/999",
        "0/000.p/",
        "0/000.p",
        "0/000/",
        "0/000 ",
        "0/000\n",
        "0/٠٠٠",
        "0/000.p/²",
        "0/../000",
        "0/" + "x001/" * 20 + "000",
    ],
)
def test_path_of_another_spelling_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not the path of a tile"):
        parse_tile_path(path)
