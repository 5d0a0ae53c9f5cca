"""A file is read by its owner and the parties it is shown to, as it was stored, or not at all."""

import secrets
import shutil

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.evidence.chunks import CHUNK, TAG
from tests.conftest import Hub
from tests.unit.evidence.files import JPEG, PDF, box
from tests.web.access.test_acting_for import of
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.evidence.storing import ADDRESS, erased, file_of, read, show, stored
from tests.web.evidence.test_storing import vault

__all__ = ["vault"]
LONG = box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"moov", bytes(100)) + box(b"mdat", secrets.token_bytes(3 * 2**20))
OTHERS = ("brand-b", "shop", "checker")


def test_answer_lets_a_browser_do_nothing_with_it(vault: Hub) -> None:
    client = vault.client("brand-a")
    headers = read(client, stored(client, JPEG, "Foto Käse.jpg")["name"]).headers
    assert headers["Content-Disposition"].startswith("attachment; filename")
    assert headers["Content-Disposition"].endswith("filename*=UTF-8''Foto%20K%C3%A4se.jpg")
    assert (headers["Content-Security-Policy"], headers["X-Content-Type-Options"], headers["Cache-Control"]) == (
        *("default-src 'none'; sandbox", "nosniff"),
        "no-store",
    )


def test_nobody_else_is_told_that_there_is_a_file(vault: Hub) -> None:
    name = stored(vault.client("brand-a"))["name"]
    for code in ("brand-b", "shop"):
        client = vault.client(code)
        for part in ("", "/content"):
            answer, none = (client.get(f"{ADDRESS}/{each}{part}") for each in (name, "f_nothing"))
            assert (answer.status_code, none.status_code) == (404, 404)
            told = {each.text.replace(each.headers["Request-Id"], "") for each in (answer, none)}
            assert len(told) == 1
        assert client.get(ADDRESS).json == {"evidence": [], "cursor": None}
        assert erased(client, name).status_code == 404
    assert read(vault.client("checker"), name).status_code == 403


def test_party_reads_it_and_both_have_that_on_record(vault: Hub) -> None:
    name = stored(vault.client("brand-a"))["name"]
    show(vault, "brand-a", name, "shop")
    assert read(vault.client("shop"), name).data == PDF
    (seen,) = of(vault, "brand-a", "evidence.read")
    assert (seen["member"], seen["role"]) == ("shop", "counterparty")
    assert of(vault, "shop", "evidence.read")[0]["role"] == "actor"
    assert of(vault, "brand-b", "evidence.read") == []


def test_owner_that_reads_its_own_file_leaves_no_record(vault: Hub) -> None:
    client = vault.client("brand-a")
    read(client, stored(client)["name"])
    assert of(vault, "brand-a", "evidence.read") == []


def test_party_knows_the_owner_and_itself_and_no_other_party(vault: Hub) -> None:
    name = stored(vault.client("brand-a"))["name"]
    show(vault, "brand-a", name, "shop", "brand-b")
    told = vault.client("shop").get(f"{ADDRESS}/{name}").json
    assert told is not None
    assert (told["owner"], [each["member"] for each in told["parties"]], told["own"]) == ("brand-a", ["shop"], False)
    whole = vault.client("brand-a").get(f"{ADDRESS}/{name}").json
    assert whole is not None
    assert {each["member"] for each in whole["parties"]} == {"shop", "brand-b"}


def test_party_erases_nothing(vault: Hub) -> None:
    name = stored(vault.client("brand-a"))["name"]
    show(vault, "brand-a", name, "shop")
    assert erased(vault.client("shop"), name).status_code == 404
    assert read(vault.client("shop"), name).status_code == 200


@pytest.mark.parametrize("party", ["alliance", "checker"])
def test_office_and_auditor_are_no_party_even_by_a_fault_in_the_code(vault: Hub, party: str) -> None:
    name = stored(vault.client("brand-a"))["name"]
    with vault.operator():
        pass
    with pytest.raises(Exception, match="row-level security"):
        show(vault, "brand-a", name, party)


def test_file_of_another_is_not_shown_on(vault: Hub) -> None:
    name = stored(vault.client("brand-a"))["name"]
    show(vault, "brand-a", name, "shop")
    with pytest.raises(Exception, match="no such file of yours"):
        show(vault, "shop", name, "brand-b")


def test_showing_it_again_changes_nothing(vault: Hub) -> None:
    name = stored(vault.client("brand-a"))["name"]
    for _ in range(2):
        show(vault, "brand-a", name, "shop")
    assert len(of(vault, "shop", "evidence.attached")) == 1


def test_query_without_a_where_gives_owner_and_parties_their_rows(vault: Hub) -> None:
    shown, _ = (stored(vault.client("brand-a"), *each)["name"] for each in ((PDF,), (JPEG, "a.jpg")))
    show(vault, "brand-a", shown, "shop")
    counts = {}
    with as_application(vault) as connection:
        for code in ("brand-a", *OTHERS, "alliance"):
            read_by(connection, vault, code)
            counts[code] = [
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[index, call-overload]  # a count is one row
                for table in ("evidence", "evidence_party")
            ]
    assert counts == {"brand-a": [2, 1], "brand-b": [0, 0], "shop": [1, 1], "checker": [0, 0], "alliance": [0, 0]}


def test_no_key_comes_back_and_no_row_changes_hands(vault: Hub) -> None:
    name = stored(vault.client("brand-a"))["name"]
    show(vault, "brand-a", name, "shop")
    with as_application(vault) as connection:
        read_by(connection, vault, "shop")
        assert connection.execute("UPDATE evidence SET sealed_key = NULL, erased_at = now()").rowcount == 0
        read_by(connection, vault, "brand-a")
        for statement in (
            "UPDATE evidence SET sealed_key = 'x'",
            "UPDATE evidence SET member_id = 1",
            "DELETE FROM evidence",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[call-overload]  # from a list


def test_list_goes_on_by_its_cursor_and_filters(vault: Hub) -> None:
    client = vault.client("brand-a")
    made = [
        stored(client, f"text {n}".encode(), "a.txt", type=type)["name"]
        for n, type in enumerate(["other", "listing"] * 3)
    ]
    pages, cursor = [], ""
    while cursor is not None:
        page = client.get(ADDRESS, query_string={"limit": 4, **({"cursor": cursor} if cursor else {})}).json
        assert page is not None
        pages.append([each["name"] for each in page["evidence"]])
        cursor = page["cursor"]
    assert pages == [made[:1:-1], made[1::-1]]
    found = client.get(ADDRESS, query_string={"type": "other", "own": "true", "erased": "false"}).json
    assert found is not None
    assert [each["name"] for each in found["evidence"]] == made[4::-2]


# --- who meddles with the folder or the database


def swap(hub: Hub, one: str, other: str) -> None:
    first, second = file_of(hub, one), file_of(hub, other)
    aside = first.with_suffix(".aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)


def chunks(hub: Hub, name: str) -> list[bytes]:
    lies, size = file_of(hub, name).read_bytes(), CHUNK + TAG
    return [lies[at : at + size] for at in range(0, len(lies), size)]


def test_file_swapped_for_another_as_long_is_not_given_out(vault: Hub) -> None:
    client = vault.client("brand-a")
    names = [stored(client, bytes([n]) * 40, "a.txt")["name"] for n in (65, 66)]
    swap(vault, *names)
    assert [read(client, name).status_code for name in names] == [500, 500]


def test_keys_swapped_in_the_database_open_nothing(vault: Hub) -> None:
    client = vault.client("brand-a")
    names = [stored(client, bytes([n]) * 40, "a.txt")["name"] for n in (65, 66)]
    vault.sql(
        "UPDATE evidence e SET sealed_key = o.sealed_key, sealed_name = o.sealed_name FROM evidence o WHERE o.id <> e.id"
    )
    assert [read(client, name).status_code for name in names] == [500, 500]


def test_name_of_another_file_is_not_given_out(vault: Hub) -> None:
    client = vault.client("brand-a")
    names = [stored(client, bytes([n]) * 40, f"{n}.txt")["name"] for n in (65, 66)]
    vault.sql("UPDATE evidence e SET sealed_name = o.sealed_name FROM evidence o WHERE o.id <> e.id")
    assert [read(client, name).status_code for name in names] == [500, 500]


@pytest.mark.parametrize("what", ["last chunk cut", "last chunk gone", "file gone", "first chunk changed"])
def test_damaged_file_is_refused_before_anything_is_given_out(vault: Hub, what: str) -> None:
    client = vault.client("brand-a")
    name = stored(client, LONG, "film.mp4")["name"]
    parts, path = chunks(vault, name), file_of(vault, name)
    match what:
        case "last chunk cut":
            path.write_bytes(b"".join(parts)[:-1])
        case "last chunk gone":
            path.write_bytes(b"".join(parts[:-1]))
        case "file gone":
            path.unlink()
        case _:
            path.write_bytes(b"\0" + b"".join(parts)[1:])
    answer = read(client, name)
    assert (answer.status_code, (answer.json or {})["type"]) == (500, "/problems/internal")


def test_chunks_in_another_order_break_off(vault: Hub) -> None:
    client = vault.client("brand-a")
    name = stored(client, LONG, "film.mp4")["name"]
    first, second, third, last = chunks(vault, name)
    file_of(vault, name).write_bytes(first + third + second + last)
    with pytest.raises(Exception, match="chunk 1 does not open"):
        read(client, name).get_data()  # the connection breaks off: the reader has fewer bytes than were announced


def test_another_master_key_opens_nothing_and_is_no_crash(vault: Hub) -> None:
    client = vault.client("brand-a")
    name = stored(client)["name"]
    vault.app.extensions["evidence"] = AESGCM(secrets.token_bytes(32))
    assert read(client, name).status_code == 500


def test_copy_of_the_folder_without_the_database_is_of_no_use(vault: Hub, tmp_path: object) -> None:
    name = stored(vault.client("brand-a"), LONG, "film.mp4")["name"]
    copy = shutil.copy(file_of(vault, name), str(tmp_path))
    erased(vault.client("brand-a"), name)
    shutil.copy(copy, file_of(vault, name))
    assert read(vault.client("brand-a"), name).status_code == 404
