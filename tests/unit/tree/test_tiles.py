import pytest

from hub.tree import tiles
from hub.tree.merkle import EMPTY_ROOT, ProofError, leaf_hash
from tests.unit.tree.logs import Log, log_of

SIZE = 256 * 258 + 3  # three levels of tiles, full and partial ones in two


@pytest.fixture(scope="module")
def log() -> Log:
    return log_of(SIZE)


def authenticated(log: Log, rows: dict[tuple[int, int], bytes], first: int = 0) -> list[tuple[int, bytes]]:
    return list(tiles.authenticate(log.size, log.root, lambda level, n: rows[level, n], first))


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


# --- growing


def test_growing_changes_only_the_tiles_that_the_new_leaves_touch() -> None:
    log = log_of(600)
    assert set(log.append([b"one more"])) == {(0, 2)}


def test_growing_past_a_full_tile_adds_its_hash_above() -> None:
    log = log_of(511)
    assert set(log.append([b"fills tile 1", b"begins tile 2"])) == {(0, 1), (0, 2), (1, 0)}


def test_growing_by_nothing_changes_nothing() -> None:
    assert log_of(5).append([]) == {}


def test_growing_reads_one_partial_tile_a_level() -> None:
    log, asked = log_of(256 * 3 + 1), []

    def read(level: int, n: int) -> bytes:
        asked.append((level, n))
        return log.read(level, n)

    tiles.grow(log.size, [bytes(32)] * 255, read)
    assert asked == [(0, 3), (1, 0)]


def test_growing_over_longer_rows_of_a_crash_gives_the_same_tiles() -> None:
    log = log_of(300)
    longer = {place: row + bytes(64) for place, row in log.rows.items()}
    fresh = [leaf_hash(b"x")]
    assert tiles.grow(300, fresh, lambda level, n: longer[level, n]) == tiles.grow(300, fresh, log.read)


def test_growing_over_a_short_tile_is_refused() -> None:
    with pytest.raises(ProofError, match=r"tile 0/000.p/5 is shorter"):
        tiles.grow(5, [bytes(32)], lambda level, n: bytes(32 * 4))


def test_growing_by_a_hash_of_31_bytes_is_refused() -> None:
    with pytest.raises(ProofError, match="32 bytes"):
        tiles.grow(0, [bytes(32), bytes(31)], log_of(0).read)


# --- computing


def test_root_of_no_leaves_is_that_of_the_empty_tree() -> None:
    assert tiles.root(0, log_of(0).read) == EMPTY_ROOT


def test_root_of_an_earlier_size_is_computed_from_the_rows_of_a_later_one(log: Log) -> None:
    assert tiles.root(777, log.read) == log_of(777).root


def test_root_over_a_short_tile_is_refused() -> None:
    with pytest.raises(ProofError, match="tile 0/000 is shorter"):
        tiles.root(5, lambda level, n: bytes(32 * 4))


@pytest.mark.parametrize("count", [0, 3, 512])
def test_rows_that_are_no_complete_subtree_are_not_folded(count: int) -> None:
    with pytest.raises(ProofError, match="complete subtree"):
        tiles.fold(bytes(32 * count))


@pytest.mark.parametrize(("level", "n", "width"), [(0, 257, 256), (0, 258, 3), (1, 1, 2), (2, 0, 1), (0, 259, 0)])
def test_tile_is_as_wide_as_the_size_makes_it(level: int, n: int, width: int) -> None:
    assert tiles.tile_width(SIZE, level, n) == width


def test_layout_since_a_size_leaves_out_the_tiles_that_were_full() -> None:
    assert list(tiles.layout(70_000, since=69_900)) == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]


# --- authenticating


def test_authenticated_tiles_are_the_leaf_hashes_in_order(log: Log) -> None:
    assert b"".join(tile for _, tile in authenticated(log, log.rows)) == b"".join(map(leaf_hash, log.entries))


def test_authenticating_from_a_leaf_begins_with_its_tile(log: Log) -> None:
    assert [n for n, _ in authenticated(log, log.rows, first=256 * 256 + 9)] == [256, 257, 258]


def test_empty_tree_authenticates_to_no_tile() -> None:
    assert authenticated(log_of(0), {}) == []


@pytest.mark.parametrize("place", [(0, 0), (0, 100), (0, 257), (0, 258), (1, 0), (1, 1), (2, 0)])
def test_one_changed_byte_in_any_tile_is_found(log: Log, place: tuple[int, int]) -> None:
    rows = {**log.rows, place: flipped(log.rows[place], 5)}
    with pytest.raises(ProofError):
        authenticated(log, rows)


def test_changed_tile_of_level_0_leaves_the_root_as_it_was(log: Log) -> None:
    # Why the root alone is no check: the attack on a log that this case plays is found by `authenticate` only.
    rows = {**log.rows, (0, 100): flipped(log.rows[0, 100], 5)}
    assert tiles.root(log.size, lambda level, n: rows[level, n]) == log.root


def test_changed_tile_is_named(log: Log) -> None:
    with pytest.raises(ProofError, match="tile 0/100 does not hash"):
        authenticated(log, {**log.rows, (0, 100): flipped(log.rows[0, 100], 5)})


def test_tiles_before_a_changed_one_are_given_out(log: Log) -> None:
    rows = {**log.rows, (0, 1): flipped(log.rows[0, 1], 5)}
    assert next(tiles.authenticate(log.size, log.root, lambda level, n: rows[level, n]))[0] == 0


def test_tile_that_is_one_hash_short_is_refused(log: Log) -> None:
    with pytest.raises(ProofError, match="tile 0/007 is shorter"):
        authenticated(log, {**log.rows, (0, 7): log.rows[0, 7][:-32]})


def test_two_tiles_that_changed_places_are_refused(log: Log) -> None:
    with pytest.raises(ProofError, match="tile 0/003 does not hash"):
        authenticated(log, {**log.rows, (0, 3): log.rows[0, 4], (0, 4): log.rows[0, 3]})


def test_each_tile_is_read_once_so_that_no_second_reading_can_differ(log: Log) -> None:
    asked: list[tuple[int, int]] = []

    def read(level: int, n: int) -> bytes:
        asked.append((level, n))
        return log.read(level, n)

    list(tiles.authenticate(log.size, log.root, read))
    assert sorted(asked) == sorted((level, n) for level, n, _ in tiles.layout(log.size))


# --- bundles


def test_bundle_writes_each_length_in_two_bytes_big_endian() -> None:
    assert tiles.encode_bundle([b"ab", b"", b"x" * 258]) == b"\x00\x02ab\x00\x00\x01\x02" + b"x" * 258


def test_bundle_of_an_entry_of_65_536_bytes_is_not_written() -> None:
    with pytest.raises(ValueError, match="65535"):
        tiles.encode_bundle([bytes(65_536)])


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x02a", b"\x00\x01a\x00", b"\xff\xff"])
def test_bundle_that_ends_inside_an_entry_is_refused(bundle: bytes) -> None:
    with pytest.raises(ProofError, match="ends inside an entry"):
        tiles.decode_bundle(bundle)


def test_bundle_of_257_entries_is_refused() -> None:
    with pytest.raises(ProofError, match="257 entries"):
        tiles.decode_bundle(tiles.encode_bundle([b""] * 257))


def test_bundle_of_fewer_entries_than_asked_for_is_refused() -> None:
    with pytest.raises(ProofError, match="2 entries instead of 3"):
        tiles.decode_bundle(tiles.encode_bundle([b"a", b"b"]), 3)


def test_bundle_that_fits_its_tile_passes(log: Log) -> None:
    tiles.check_bundle(258, log.entries[-3:], log.rows[0, 258])


def test_changed_entry_is_named_by_its_index(log: Log) -> None:
    with pytest.raises(ProofError, match=f"entry {SIZE - 2} is not"):
        tiles.check_bundle(258, [log.entries[-3], b"other", log.entries[-1]], log.rows[0, 258])


@pytest.mark.parametrize("count", [2, 4])
def test_bundle_with_an_entry_less_or_more_than_its_tile_is_refused(log: Log, count: int) -> None:
    entries = [*log.entries[-3:], b"one more"][:count]
    with pytest.raises(ProofError):
        tiles.check_bundle(258, entries, log.rows[0, 258])
