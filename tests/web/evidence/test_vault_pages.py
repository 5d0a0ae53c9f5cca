"""The pages: a person sends a file in by a plain form, reads it back, sees who else may, and erases it."""

import io
import re
import tracemalloc
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.evidence import rules
from hub.evidence.service import folder
from tests.conftest import HTML, Hub, csrf
from tests.unit.evidence.files import JPEG, PDF, PLACE, PNG, box, picture
from tests.web.access.test_acting_for import alliance, number
from tests.web.access.test_acting_person import acting
from tests.web.evidence.storing import Slow, lying, read, show, stored
from tests.web.evidence.test_storing import LONG, REFUSED, vault
from tests.web.members.test_agents import end

__all__ = ["alliance", "vault"]
FORM = "/evidence/new"
BOUNDARY = "----of-the-form"


@pytest.fixture
def brand(vault: Hub) -> FlaskClient:
    """The browser of an owner of brand-a."""
    vault.person("brand-a")
    return vault.signed_in("brand-a")


def fields(client: FlaskClient, **other: str) -> dict[str, str]:
    """What the page sends before the file."""
    return {"csrf_token": csrf(client.get(FORM, headers=HTML).text), "type": "listing"} | other


def parts(said: dict[str, str], content: bytes, name: str, behind: bytes = b"") -> bytes:
    """The form as a browser writes it, with the file behind the fields."""
    lines = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{said[key]}\r\n' for key in said]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return "".join([*lines, head]).encode() + content + b"\r\n" + behind + f"--{BOUNDARY}--\r\n".encode()


def post(client: FlaskClient, body: bytes, **how: Any) -> TestResponse:
    return client.post(FORM, data=body, content_type=f"multipart/form-data; boundary={BOUNDARY}", headers=HTML, **how)


def upload(client: FlaskClient, content: bytes = PDF, name: str = "report.pdf", **said: str) -> TestResponse:
    return post(client, parts(fields(client, **said), content, name))


def uploaded(client: FlaskClient, content: bytes = PDF, name: str = "report.pdf", **said: str) -> str:
    """The name that the vault gives it."""
    answer = upload(client, content, name, **said)
    assert answer.status_code == 303, answer.text
    return answer.location.rpartition("/")[2]


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address, headers=HTML)
    assert answer.status_code == 200
    return answer.text


# --- sent in


def test_file_sent_by_the_form_comes_back_as_it_was(brand: FlaskClient) -> None:
    name = uploaded(brand, LONG, "film.mp4", type="test_buy")
    answer = brand.get(f"/evidence/{name}/content", headers=HTML)
    assert (answer.data, answer.content_length) == (LONG, len(LONG))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "film.mp4" in page(brand, f"/evidence/{name}")


def test_place_is_taken_out_when_the_box_is_ticked(brand: FlaskClient) -> None:
    photo = picture("JPEG", metadata=True)
    bare, whole = uploaded(brand, photo, "a.jpg", strip="y"), uploaded(brand, photo, "b.jpg")
    contents = [brand.get(f"/evidence/{each}/content", headers=HTML).data for each in (bare, whole)]
    assert [PLACE in each for each in contents] == [False, True]


@pytest.mark.parametrize("content", [b"\r\n", b"\n--" + BOUNDARY.encode() + b"x\r\n", b"\r" * 70_000, b"--\r\n\r\n"])
def test_what_looks_like_the_end_of_the_form_is_the_files_own(brand: FlaskClient, content: bytes) -> None:
    text = b"begins" + content + b"ends"
    name = uploaded(brand, text, "a.txt")
    assert brand.get(f"/evidence/{name}/content", headers=HTML).data == text


def test_two_hundred_megabytes_pass_in_a_few(vault: Hub, brand: FlaskClient) -> None:
    said, size = fields(brand), 199 * 10**6
    content = box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"moov", bytes(100))
    content += (size - len(content)).to_bytes(4, "big") + b"mdat"
    empty = parts(said, content, "film.mp4")
    at = empty.index(b"mdat") + 4
    body = Zeros(empty[:at], size - len(content), empty[at:])
    tracemalloc.start()
    answer = post(brand, b"", input_stream=body, environ_overrides={"CONTENT_LENGTH": str(body.size)})
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (answer.status_code, vault.sql("SELECT size FROM evidence")) == (303, [(size,)])
    assert most < 16 * 2**20


class Zeros(io.RawIOBase):
    """A body that is never whole in memory: a beginning, zeros, an end."""

    def __init__(self, begins: bytes, zeros: int, ends: bytes) -> None:
        self._begins, self._ends, self._at = begins, ends, 0
        self._until = len(begins) + zeros
        self.size = self._until + len(ends)

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, place: int, whence: int = 0) -> int:
        self._at = place + (self.size if whence == io.SEEK_END else 0)
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at < len(self._begins):
            piece = self._begins[self._at :]
        elif self._at < self._until:
            piece = bytes(min(len(buffer), self._until - self._at))
        else:
            piece = self._ends[self._at - self._until :]
        piece = piece[: len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


# --- refused, in plain words on the form


WORDS = {
    "SVG with a script": "SVG and XML are not taken",
    "SVG as a picture": "SVG and XML are not taken",
    "web page": "Web pages",
    "wrong ending": "ends as if it were something else",
    "no ending": "no ending that says what it is",
    "archive behind a picture": "may be two files in one",
    "cut off after megabytes": "cut off",
}


@pytest.mark.parametrize("circumstance", REFUSED)
def test_refused_file_is_told_why_on_the_form_and_leaves_nothing(
    vault: Hub, brand: FlaskClient, circumstance: str
) -> None:
    before = lying(vault)
    answer = upload(brand, *REFUSED[circumstance])
    assert answer.status_code == 422
    (told,) = re.findall(r'id="file-error"><span[^>]*>Error: </span>([^<]+)<', answer.text)
    assert WORDS[circumstance] in told
    assert (lying(vault), vault.sql("SELECT count(*) FROM evidence")) == (before, [(0,)])


def test_two_gigabytes_are_refused_on_the_form_and_not_read(brand: FlaskClient) -> None:
    counts: list[int] = []
    body = Counted(parts(fields(brand), LONG, "film.mp4"), counts)
    answer = post(brand, b"", input_stream=body, environ_overrides={"CONTENT_LENGTH": str(2 * 2**30)})
    assert (answer.status_code, "A file has at most 200 MB" in answer.text) == (413, True)
    assert sum(counts) <= 2 * 2**16


def test_file_as_long_as_may_be_is_taken_and_one_byte_more_is_not(
    brand: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for longest, status in ((len(PDF) - 1, 422), (len(PDF), 303)):
        monkeypatch.setattr(rules, "LARGEST_FILE", longest)
        assert upload(brand).status_code == status


def test_member_without_room_is_told_so_on_the_form(brand: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_KEPT", 10)
    answer = upload(brand)
    assert (answer.status_code, "erase what is no longer needed" in answer.text) == (422, True)


def test_full_disk_is_told_on_the_form(brand: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "KEPT_FREE", 2**60)
    answer = upload(brand)
    assert (answer.status_code, "nothing was kept" in answer.text) == (503, True)


def test_form_without_a_file_asks_for_one(brand: FlaskClient) -> None:
    answer = upload(brand, b"", "")
    assert (answer.status_code, "Choose a file" in answer.text) == (422, True)


@pytest.mark.parametrize("type", ["gossip", ""])
def test_type_that_is_none_is_not_taken(vault: Hub, brand: FlaskClient, type: str) -> None:
    assert upload(brand, type=type).status_code == 422
    assert vault.sql("SELECT count(*) FROM evidence") == [(0,)]


def test_nothing_of_the_file_is_read_before_the_token_is_good(vault: Hub, brand: FlaskClient) -> None:
    before = lying(vault)
    for token in ("", "x" * 90):
        body = parts({"csrf_token": token, "type": "listing"}, LONG, "film.mp4")
        read_so_far: list[int] = []
        stream = Counted(body, read_so_far)
        answer = post(brand, b"", input_stream=stream, environ_overrides={"CONTENT_LENGTH": str(len(body))})
        assert (answer.status_code, sum(read_so_far) <= 2 * 2**16) == (400, True)
    assert lying(vault) == before


class Counted(io.BytesIO):
    """A body that counts what is read of it."""

    def __init__(self, content: bytes, counts: list[int]) -> None:
        super().__init__(content)
        self._counts = counts

    def readinto(self, buffer: Any) -> int:
        self._counts.append(count := super().readinto(buffer))
        return count


BROKEN = {
    "cut off in the file": lambda body: body[: len(body) - 200],
    "without its last boundary": lambda body: body[: body.rindex(b"--" + BOUNDARY.encode())],
    "no form at all": lambda _: b"{}",
    "nothing": lambda _: b"",
    "a field without end": lambda _: parts({"csrf_token": "x" * 40_000}, PDF, "a.pdf"),
    "a hundred fields": lambda _: parts({f"field{n}": "" for n in range(100)}, PDF, "a.pdf"),
    "two files": lambda body: body.replace(
        f"\r\n--{BOUNDARY}--".encode(),
        f'\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="b.pdf"\r\n\r\nx\r\n--{BOUNDARY}--'.encode(),
    ),
}


@pytest.mark.parametrize("circumstance", BROKEN)
def test_broken_form_stores_nothing_and_says_so(vault: Hub, brand: FlaskClient, circumstance: str) -> None:
    before = lying(vault)
    body = BROKEN[circumstance](parts(fields(brand), LONG, "film.mp4"))
    assert post(brand, body).status_code in {400, 422}
    assert (lying(vault), vault.sql("SELECT count(*) FROM evidence")) == (before, [(0,)])


def test_form_of_unknown_length_is_refused(brand: FlaskClient) -> None:
    body = Slow(parts(fields(brand), PDF, "report.pdf"), lambda: None)
    answer = post(
        brand,
        b"",
        input_stream=body,
        environ_overrides={
            "CONTENT_LENGTH": None,
            "HTTP_TRANSFER_ENCODING": "chunked",
            "wsgi.input_terminated": True,
        },
    )
    assert (answer.status_code, "length of what was sent is not said" in answer.text) == (422, True)


def test_agent_whose_authorisation_ended_during_the_upload_stores_nothing(alliance: Hub) -> None:
    client, before = acting(alliance), lying(alliance)
    said = fields(client)
    body = Slow(parts(said, LONG, "film.mp4"), lambda: end(alliance, number(alliance)))
    answer = post(client, b"", input_stream=body, environ_overrides={"CONTENT_LENGTH": str(body._size)})
    assert answer.status_code in {403, 404}
    assert (lying(alliance), alliance.sql("SELECT count(*) FROM evidence")) == (before, [(0,)])


# --- looked at


def test_list_is_filtered_and_its_room_counted(vault: Hub, brand: FlaskClient) -> None:
    own, gone = uploaded(brand, JPEG, "a.jpg", type="comparison"), uploaded(brand, PDF, "gone.pdf")
    shown = stored(vault.client("brand-b"), PNG, "theirs.png")["name"]
    show(vault, "brand-b", shown, "brand-a")
    erase(brand, gone)
    found = {
        query: {name for name in (own, gone, shown) if name in page(brand, f"/evidence?{query}")}
        for query in ("", "type=comparison", "whose=own", "whose=shown", "state=erased", "state=kept&whose=own")
    }
    assert found == {
        "": {own, gone, shown},
        "type=comparison": {own},
        "whose=own": {own, gone},
        "whose=shown": {shown},
        "state=erased": {gone},
        "state=kept&whose=own": {own},
    }
    assert "of 20.0 GB" in page(brand, "/evidence")


def test_list_goes_on_by_cursor(brand: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.web.pagination.PAGE", 1)
    names = [uploaded(brand, b"text %d" % n, f"{n}.txt") for n in range(3)]
    seen, address = [], "/evidence"
    while address:
        text = page(brand, address)
        seen += [name for name in names if name in text]
        address = next(iter(re.findall(r'class="next" href="([^"]+)"', text)), "").replace("&amp;", "&")
    assert seen == names[::-1]


def test_owner_sees_who_reads_it_and_for_what_and_a_party_itself_alone(vault: Hub, brand: FlaskClient) -> None:
    name = uploaded(brand)
    show(vault, "brand-a", name, "shop", "brand-b")
    assert {code for code in ("shop", "brand-b") if f">{code}<" in page(brand, f"/evidence/{name}")} == {
        *("shop", "brand-b")
    }
    vault.person("shop")
    theirs = page(vault.signed_in("shop"), f"/evidence/{name}")
    assert (f"/evidence/{name}/content" in theirs, ">brand-b<" in theirs, "/erasure" in theirs) == (True, False, False)


def test_file_that_was_harmed_is_not_given_out(vault: Hub, brand: FlaskClient) -> None:
    name = uploaded(brand)
    (path,) = (vault.home / "evidence").glob(f"*/{name}")
    path.write_bytes(path.read_bytes()[:-1])
    assert brand.get(f"/evidence/{name}/content", headers=HTML).status_code == 500


# --- erased


def erase(client: FlaskClient, name: str, reason: str = "a private photo") -> TestResponse:
    token = csrf(page(client, f"/evidence/{name}"))
    return client.post(f"/evidence/{name}/erasure", data={"csrf_token": token, "reason": reason}, headers=HTML)


def test_erased_file_is_gone_and_its_page_says_why_to_its_owner(vault: Hub, brand: FlaskClient) -> None:
    name = uploaded(brand)
    assert erase(brand, name).status_code == 303
    shown = page(brand, f"/evidence/{name}")
    assert ("a private photo" in shown, "/content" in shown, "/erasure" in shown) == (True, False, False)
    assert brand.get(f"/evidence/{name}/content", headers=HTML).status_code == 404
    assert read(vault.client("brand-a"), name).status_code == 404


@pytest.mark.parametrize("reason", ["", " a ", "x" * 301])
def test_reason_is_asked_for(vault: Hub, brand: FlaskClient, reason: str) -> None:
    name = uploaded(brand)
    answer = erase(brand, name, reason)
    assert (answer.status_code, "Say why" in answer.text) == (422, True)
    assert vault.sql("SELECT erased_at FROM evidence") == [(None,)]


def test_erasing_asks_for_a_factor_of_the_last_minutes(vault: Hub, brand: FlaskClient) -> None:
    name = uploaded(brand)
    vault.sql("UPDATE session SET fresh_at = now() - interval '11 minutes'")
    answer = erase(brand, name)
    assert (answer.status_code, "/verify" in answer.location) == (303, True)
    assert vault.sql("SELECT erased_at FROM evidence") == [(None,)]
