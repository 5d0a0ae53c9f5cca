"""The pages: a platform works through its inbox, a brand reads what came of its reports."""

import re
from io import BytesIO

from flask.testing import FlaskClient
from werkzeug.test import TestResponse, encode_multipart

from tests.conftest import HTML, Hub, csrf
from tests.web.listing_reports.reporting import (
    HOST,
    WORDS,
    answer,
    asked,
    counter,
    file,
    named_market,
    read,
    review,
    sentences,
)


def send(client: FlaskClient, page: str, way: str, **fields: object) -> TestResponse:
    """Send a form of a report's page, which leads back to it or is refused there."""
    token = csrf(client.get(page, headers=HTML).text)
    sent = client.post(f"{page}/{way}", data={"csrf_token": token, **fields}, headers=HTML)
    return client.get(page, headers=HTML) if sent.status_code == 303 else sent


def test_platform_decides_in_bulk_on_the_page(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    shop = alliance.signed_in("shop")
    assert f"/reports/{name}" in shop.get("/reports?state=submitted&review=unassigned", headers=HTML).text
    page = f"/reports/{name}"
    send(shop, page, "reviews", command="take", version=1)
    refused = send(shop, page, "reviews", command="judge", version=2, decision="rejected", listing=["1", "3"])
    assert "Choose the reason of the refusal" in refused.text
    no = {"decision": "rejected", "refusal": "listing_gone", "sentence": WORDS}
    send(shop, page, "reviews", command="judge", version=2, listing=["1", "3"], **no)
    stale = send(shop, page, "reviews", command="judge", version=2, decision="established")
    assert "Somebody led this report on" in stale.text
    send(shop, page, "reviews", command="judge", version=3, decision="established")
    assert [each["decision"] for each in read(alliance, name)["listings"]] == ["rejected", "established", "rejected"]
    assert WORDS in alliance.signed_in("brand-a").get(page, headers=HTML).text


def test_brand_withdraws_on_the_page(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    brand = alliance.signed_in("brand-a")
    assert "Withdrawn" in send(brand, f"/reports/{name}", "answers", command="withdraw", version=1).text


def test_address_of_a_listing_is_shown_and_leads_nowhere(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right, rows=1)
    page = alliance.signed_in("shop").get(f"/reports/{name}", headers=HTML).text
    assert f"https://{HOST}/item/1" in page
    assert f'href="https://{HOST}' not in page


def test_owner_of_a_platform_names_and_takes_back_a_marketplace(alliance: Hub) -> None:
    shop = alliance.signed_in("shop")
    token = csrf(shop.get("/marketplaces", headers=HTML).text)
    said = {"csrf_token": token, "host": "other.example.com", "jurisdictions": "SE, fr"}
    assert shop.post("/marketplaces", data=said, headers=HTML).status_code == 303
    assert "FR, SE" in shop.get("/marketplaces", headers=HTML).text
    wrong = shop.post("/marketplaces", data=said | {"host": "com"}, headers=HTML)
    assert wrong.status_code == 422
    assert shop.post("/marketplaces/removal", data=said, headers=HTML).status_code == 303
    assert "FR, SE" not in shop.get("/marketplaces", headers=HTML).text


def test_brand_pastes_mends_declares_and_files_on_the_page(alliance: Hub, right: str) -> None:
    brand = alliance.signed_in("brand-a")
    rows = "\n".join(f"https://{HOST}/item/{n}" for n in (1, 2, 2))
    said = {
        "csrf_token": csrf(brand.get("/reports/new?reason=no_such_model", headers=HTML).text),
        "platform": "shop",
        "right": right,
        "reason": "no_such_model",
        "product_class": "25",
        "rows": rows,
        "evidence_range_statement": "We never made it in this size.",
    }
    looked = brand.post("/reports/new", data=said | {"check": "y"}, headers=HTML)
    assert (looked.status_code, "this is row 2 once more" in looked.text) == (200, True)
    said["rows"] = rows.rpartition("\n")[0]
    undeclared = brand.post("/reports/new", data=said | {"file": "y"}, headers=HTML)
    assert (undeclared.status_code, alliance.sql("SELECT count(*) FROM listing_report")) == (422, [(0,)])
    assert brand.post("/reports/new", data=said | {"file": "y", "declared": "y"}, headers=HTML).status_code == 303
    assert alliance.sql("SELECT listings FROM listing_report") == [(2,)]


def test_thousand_long_addresses_are_pasted_looked_at_and_filed(alliance: Hub, right: str) -> None:
    brand = alliance.signed_in("brand-a")
    said = {
        "csrf_token": csrf(brand.get("/reports/new?reason=no_such_model", headers=HTML).text),
        "platform": "shop",
        "right": right,
        "reason": "no_such_model",
        "product_class": "25",
        "rows": "\n".join(f"https://{HOST}/item/{n:0>800}" for n in range(1000)),
        "evidence_range_statement": "We never made it in this size.",
    }

    def sent(**pressed: str) -> TestResponse:
        parts, body = encode_multipart(said | pressed)  # as a browser sends it
        return brand.post(
            "/reports/new", data=body, headers=HTML, content_type=f"multipart/form-data; boundary={parts}"
        )

    looked = sent(check="y")
    assert (looked.status_code, "1,000 rows can be filed" in looked.text) == (200, True)
    filed = sent(file="y", declared="y")
    assert filed.status_code == 303


def test_rows_of_a_sheet_stand_in_the_form_to_be_mended(alliance: Hub, right: str) -> None:
    brand = alliance.signed_in("brand-a")
    sheet = f"Link,Class\nhttps://{HOST}/item/1,25\nhttps://other.example.org/2,25\n".encode()
    said = {
        "csrf_token": csrf(brand.get("/reports/new?reason=no_such_model", headers=HTML).text),
        "platform": "shop",
        "right": right,
        "reason": "no_such_model",
        "check": "y",
        "evidence_range_statement": "We never made it in this size.",
        "sheet": (BytesIO(sheet), "rows.csv"),
    }
    looked = brand.post("/reports/new", data=said, headers=HTML).text
    assert "on no marketplace of the platform" in looked
    assert f"https://{HOST}/item/1\tlisting" in looked or f"https://{HOST}/item/1\t\t25" in looked


def test_form_asks_for_the_evidence_of_the_reason_that_was_chosen_and_for_no_other(alliance: Hub) -> None:
    brand = alliance.signed_in("brand-a")
    reasons = brand.get("/reports/new", headers=HTML).text
    assert "evidence_" not in reasons
    assert 'href="/reports/new?reason=seller_admits"' in reasons
    form = brand.get("/reports/new?reason=seller_admits", headers=HTML).text
    assert set(re.findall(r'name="evidence_(\w+)"', form)) == {"screenshot"}


def test_reason_that_is_none_is_chosen_anew(alliance: Hub) -> None:
    assert "evidence_" not in alliance.signed_in("brand-a").get("/reports/new?reason=price", headers=HTML).text


def test_colleague_takes_a_report_over_and_the_sellers_time_runs_on(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    shop, page = alliance.signed_in("shop"), f"/reports/{name}"
    assert "is submitted" in send(shop, page, "reviews", command="assign", version=1).text
    for version, command in ((1, "take"), (2, "forward")):
        assert review(alliance, name, command, version=version).status_code == 200
    before = alliance.sql("SELECT due_at FROM listing_report")
    reviewer = alliance.sql("SELECT assigned_to FROM listing_report")
    assert "Take it over" in send(shop, page, "reviews", command="assign", version=3).text
    assert alliance.sql("SELECT due_at FROM listing_report") == before
    assert alliance.sql("SELECT assigned_to FROM listing_report") != reviewer
    assert "reviews the listing report" in sentences(alliance, "brand-a")[-1]


# --- mending


def returned(hub: Hub, right: str, **other: object) -> str:
    """A report that the platform returned; returns its name."""
    name = file(hub.client("brand-a"), right, **other)
    assert review(hub, name, "take").status_code == 200
    back = review(hub, name, "return", refusal="evidence_insufficient", sentence=WORDS)
    assert back.status_code == 200
    return name


def mend(hub: Hub, name: str, **fields: object) -> TestResponse:
    """Send the form that mends it, as it stands but for these fields."""
    brand, page = hub.signed_in("brand-a"), f"/reports/{name}/mending"
    said = {"csrf_token": csrf(brand.get(page, headers=HTML).text), "version": 3, **fields}
    return brand.post(page, data=said, headers=HTML, follow_redirects=True)


def test_returned_report_leads_to_the_form_that_says_why_and_what_stands_there(alliance: Hub, right: str) -> None:
    name = returned(alliance, right)
    brand = alliance.signed_in("brand-a")
    assert f'href="/reports/{name}/mending"' in brand.get(f"/reports/{name}", headers=HTML).text
    form = brand.get(f"/reports/{name}/mending", headers=HTML).text
    assert WORDS in form
    assert "We never made it in this size." in form


def test_mended_report_is_submitted_again_and_the_platform_told(alliance: Hub, right: str) -> None:
    name = returned(alliance, right)
    done = mend(
        alliance,
        name,
        evidence_range_statement="Here is the range, by year.",
        explanation="Look at page 2.",
        sentence="The whole range is there now.",
    )
    assert "mended and submitted again" in done.text
    shown = read(alliance, name, "shop")
    assert (shown["report"]["state"], shown["explanation"]) == ("submitted", "Look at page 2.")
    assert shown["evidence"] == {"range_statement": "Here is the range, by year."}
    assert "mended the listing report" in sentences(alliance, "shop")[-1]


def test_what_is_still_to_be_mended_is_said_at_its_field_and_nothing_is_submitted(alliance: Hub, right: str) -> None:
    name = returned(alliance, right)
    refused = mend(alliance, name, evidence_range_statement="", sentence="short")
    assert refused.status_code == 422
    assert 'id="evidence_range_statement-error"' in refused.text
    refused = mend(alliance, name, evidence_range_statement="Here is the range, by year.", sentence="short")
    assert 'id="sentence-error"' in refused.text
    assert read(alliance, name)["report"]["state"] == "returned"


def test_report_that_somebody_mended_meanwhile_is_read_again(alliance: Hub, right: str) -> None:
    name = returned(alliance, right)
    stale = mend(alliance, name, version=2, evidence_range_statement="Here is the range, by year.")
    assert "Somebody led this report on" in stale.text
    assert read(alliance, name)["report"]["state"] == "returned"


def test_report_that_was_not_returned_has_no_such_form(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    brand = alliance.signed_in("brand-a")
    assert "/mending" not in brand.get(f"/reports/{name}", headers=HTML).text
    assert brand.get(f"/reports/{name}/mending", headers=HTML).status_code == 404


def test_form_of_another_brands_report_is_not_there_and_a_platform_mends_none(alliance: Hub, right: str) -> None:
    page = f"/reports/{returned(alliance, right)}/mending"
    assert alliance.signed_in("brand-b").get(page, headers=HTML).status_code == 404
    assert alliance.signed_in("shop").get(page, headers=HTML).status_code == 403


# --- platforms by their names


def test_platform_of_a_report_or_test_buy_is_chosen_by_its_name(alliance: Hub) -> None:
    alliance.sql("UPDATE member SET name = 'Northmall & Sons' WHERE code = 'shop'")
    brand = alliance.signed_in("brand-a")
    for page in ("/reports/new?reason=no_such_model", "/test-buys/new"):
        text = brand.get(page, headers=HTML).text
        assert '<option value="shop">Northmall &amp; Sons</option>' in text
        assert 'value="bazaar"' not in text  # it has named no marketplace


def test_brand_filters_its_reports_by_the_platforms_name(alliance: Hub, right: str) -> None:
    alliance.sql("UPDATE member SET name = 'Northmall & Sons' WHERE code = 'shop'")
    named_market(alliance, "bazaar", "bazaar.example.com")
    name, brand = file(alliance.client("brand-a"), right), alliance.signed_in("brand-a")
    assert '<option value="shop">Northmall &amp; Sons</option>' in brand.get("/reports", headers=HTML).text
    assert name in brand.get("/reports?platform=shop", headers=HTML).text
    assert name not in brand.get("/reports?platform=bazaar", headers=HTML).text


def test_platform_filters_its_reports_by_the_brands_name(alliance: Hub, right: str) -> None:
    alliance.sql("UPDATE member SET name = 'Northpeak & Sons' WHERE code = 'brand-a'")
    name, shop = file(alliance.client("brand-a"), right), alliance.signed_in("shop")
    assert '<option value="brand-a">Northpeak &amp; Sons</option>' in shop.get("/reports", headers=HTML).text
    assert name in shop.get("/reports?brand=brand-a", headers=HTML).text
    assert name not in shop.get("/reports?brand=brand-b", headers=HTML).text


# --- what comes next


def head(hub: Hub, name: str, who: str) -> str:
    """What the head of the page says: where the report stands, whose move it is and by when."""
    page = hub.signed_in(who).get(f"/reports/{name}", headers=HTML).text
    (said,) = re.findall(r'id="stands"><strong>(.*?)</strong>', page)
    assert page.index('id="stands"') < page.index('aria-labelledby="facts"')
    return re.sub("<[^>]+>", "", said)


def test_head_of_the_page_says_whose_move_it_is(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    to_do = "to take it into review, or to return it."
    assert head(alliance, name, "brand-a") == f"It was submitted: it is for shop {to_do}"
    assert head(alliance, name, "shop") == f"It was submitted: it is for you {to_do}"
    answer(alliance, name, "withdraw")
    assert head(alliance, name, "shop") == "It was withdrawn."


def test_head_of_the_page_says_by_when_in_the_platforms_zone(alliance: Hub, right: str) -> None:
    name = asked(alliance, right)
    assert re.fullmatch(
        r"The seller is asked: it is for the seller to answer, until the end of \d+ \w+ \d+ in UTC\.",
        head(alliance, name, "brand-a"),
    )
    assert counter(alliance, name).status_code == 200
    assert "it is for you to maintain it, or to accept the counter-notice, until" in head(alliance, name, "brand-a")
    page = alliance.signed_in("brand-a").get(f"/reports/{name}", headers=HTML).text
    assert page.index("Maintain the report") < page.index('aria-labelledby="listings"')


def test_head_of_a_returned_report_says_why_and_leads_to_the_form(alliance: Hub, right: str) -> None:
    name = returned(alliance, right)
    assert head(alliance, name, "brand-a") == "It was returned: it is for you to mend it, or to withdraw it."
    page = alliance.signed_in("brand-a").get(f"/reports/{name}", headers=HTML).text
    assert page.index(WORDS) < page.index("/mending") < page.index('aria-labelledby="facts"')
