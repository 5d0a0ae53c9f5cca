import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.client.typed import looked_at

PHONES = ["+49 30 1234567", "+49 30 1234568"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.parquet"


def written(file: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), file)
    return file


def test_strings_are_read(file: Path) -> None:
    assert looked_at(written(file, phone=PHONES), "phone").document["rows"]["good"] == 2


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()), pa.binary()]
)
def test_strings_of_every_kind_are_read(file: Path, kind: pa.DataType) -> None:
    content = pa.array([text.encode() for text in PHONES]) if kind == pa.binary() else pa.array(PHONES).cast(kind)
    assert looked_at(written(file, phone=content), "phone").document["rows"]["good"] == 2


def test_whole_numbers_that_were_made_floats_are_read(file: Path) -> None:
    content = pa.array([13917582046.0, None, 13917582047.0])
    rows = looked_at(written(file, phone=content, n=pa.array([1, 2, 3])), "phone", "--country", "CN").document["rows"]
    assert (rows["good"], rows["blank"]) == (2, 1)


@pytest.mark.parametrize("content", [pa.array([datetime.date(2027, 1, 1)]), pa.array([True]), pa.array([[1]])])
def test_column_that_can_hold_no_identifier_is_refused_with_its_type(file: Path, content: pa.Array) -> None:
    ended = looked_at(written(file, phone=content), "phone")
    assert (ended.code, str(content.type)[:4] in ended.err, "“phone”" in ended.err) == (2, True, True)


@pytest.mark.parametrize(
    "other",
    [
        pa.array([1, 1 << 61], pa.timestamp("ns")),
        pa.array([1 << 60, 1], pa.timestamp("ms")),
        pa.array([2_000_000_000, 1], pa.date32()),
        pa.array([1, 1 << 61], pa.duration("ns")),
        pa.array([1, 2], pa.time64("ns")),
        pa.array([{"a": 1}, None]),
    ],
)
def test_other_columns_that_python_cannot_express_do_not_matter(file: Path, other: pa.Array) -> None:
    assert looked_at(written(file, phone=PHONES, other=other), "phone").document["rows"]["good"] == 2


def test_file_without_rows_ends_with_1(file: Path) -> None:
    assert looked_at(written(file, phone=pa.array([], pa.string())), "phone").code == 1


def test_file_cut_short_is_refused(file: Path) -> None:
    content = written(file, phone=PHONES).read_bytes()
    file.write_bytes(content[: len(content) // 2])
    ended = looked_at(file, "phone")
    assert (ended.code, "damaged" in ended.err) == (2, True)


def test_bytes_that_are_not_utf8_are_refused_by_their_row(file: Path) -> None:
    content = pa.array([b"+49 30 1234567", b"\xff\xfe1"])
    assert looked_at(written(file, phone=content), "phone").reasons == {
        "row 2, column 1 “phone”": "not readable as UTF-8"
    }
