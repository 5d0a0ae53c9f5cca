"""The desk in a real browser: a brand files, its platform asks, decides and passes on, and silence has its effect."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Browser, Page

from hub.access.grants import Role
from hub.listing_reports.jobs import lapse_reports
from hub.members import service as members
from tests.conftest import PASSWORD, Hub, code_now
from tests.web.listing_reports.reporting import HOST, SELLER_SAYS, named_market, verified_right
from tests.web.pages.browsers import IN_BROWSER, chromium, served

pytestmark = IN_BROWSER
BEGAN = datetime(2027, 3, 1, 9, tzinfo=UTC)
LISTINGS, COUNTERED = 300, 7
OTHER_SITE, TWICE, OTHER_CLASS, NO_ADDRESS = range(1, 6), range(6, 11), range(11, 16), range(16, 21)
"""Which rows of the sheet are bad, and how."""

FILED = "brand-a filed the listing report R with 300 listings, and declared its good faith"
TOLD = [
    "shop took the listing report R into review",
    "shop passed the listing report R on to the seller",
    "shop passed on a seller's counter-notice to 1 listing of the report R",
    "The time for an answer in the listing report R ran out: it is expired",
    "Reinstated 1 listing of the report R: the right holder did not answer in time",
    "shop decided on listings of the report R: 299 established, 0 rejected; it is decided",
    "shop acted on 299 listings of the report R",
]
"""What both parties read of the report, from when the platform took it."""


@dataclass
class Desk:
    """A hub with a brand and a platform, where it is served, and a browser with a window for each person."""

    hub: Hub
    url: str
    browser: Browser
    folder: Path
    moment: time_machine.Traveller

    def window(self, who: str) -> Page:
        """A person at a window of its own, signed in with password and code."""
        page = self.browser.new_context().new_page()
        page.goto(f"{self.url}/sign-in")
        page.get_by_label("E-mail address").fill(f"{who}@alliance-hub.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_label("Code").fill(code_now())
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("heading", name="Overview").wait_for()
        return page

    def later(self, days: int) -> None:
        """So many days pass, and what falls due in them is carried out."""
        self.moment.shift(timedelta(days=days))
        with self.hub.app.app_context():
            lapse_reports()


@pytest.fixture
def desk(hub: Hub, tmp_path: Path) -> Iterator[Desk]:
    """A brand with a verified trade mark, and a platform that has named its marketplace."""
    with time_machine.travel(BEGAN) as moment:
        for code, kind in (("brand-a", "brand"), ("shop", "platform")):
            hub.admit(code, kind)
            hub.person(code)
        with hub.operator() as actor:
            hub.keys["alliance"] = members.issue_credential(actor, "alliance")
        hub.person(members.OFFICE, "ada", Role.OWNER)
        named_market(hub, "shop")
        verified_right(hub, "brand-a")
        with served(hub) as url, chromium() as browser:
            yield Desk(hub, url, browser, tmp_path, moment)


def row(n: int, host: str = HOST, product_class: int = 25) -> str:
    return f"https://{host}/item/{n},{product_class},seller {n}"


def sheet(bad: bool) -> str:
    """300 listings; 20 of them bad: of another site, twice, of a class that does not fit, or no address."""
    rows = {n: row(n) for n in range(1, LISTINGS + 1)}
    if bad:
        rows |= {n: row(n, host="elsewhere.example.com") for n in OTHER_SITE}
        rows |= {n: row(n + 100) for n in TWICE}  # then the row a hundred further down is the same once more
        rows |= {n: row(n, product_class=3) for n in OTHER_CLASS}
        rows |= {n: f"item {n},25,seller {n}" for n in NO_ADDRESS}
    return "\n".join(["url,class,seller", *rows.values()])


def file_report(desk: Desk, page: Page) -> str:
    """The brand uploads its sheet, is told what to mend, mends it, declares and files; where the report stands."""
    page.goto(f"{desk.url}/reports/new")
    page.get_by_role("link", name="The right holder never made such a model").click()
    page.get_by_label("Platform", exact=True).select_option("shop")
    page.get_by_label("IP right").select_option(index=0)
    page.get_by_label("Statement of the range: what was never made").fill("We never made this bag in blue.")
    (desk.folder / "listings.csv").write_text(sheet(bad=True))
    page.get_by_label("Or a sheet").set_input_files(desk.folder / "listings.csv")
    page.get_by_role("button", name="Look what is to be mended").click()
    page.get_by_role("heading", name="What is to be mended").wait_for()
    faults = page.get_by_role("table", name="What is to be mended").get_by_role("row").all_inner_texts()[1:]
    assert len(faults) == 20
    assert page.get_by_text("280 rows are good").is_visible()
    page.get_by_label("Listings").fill(sheet(bad=False))
    page.get_by_role("button", name="Look what is to be mended").click()
    page.get_by_text("Nothing is to be mended: 300 rows").wait_for()
    page.get_by_label("I declare in good faith").check()
    page.get_by_role("button", name="File the report").click()
    page.get_by_text("The report is filed, and on record.").wait_for()
    return page.url


def ask(desk: Desk, page: Page) -> None:
    """The platform asks the brand about three listings of which it has its doubts."""
    page.goto(f"{desk.url}/questions/new")
    page.get_by_label("Brand", exact=True).select_option("brand-a")
    page.locator("[name=words]").fill("Is this bag one of yours? The seller has papers of a dealer in Lyon.")
    page.locator("[name=day]").fill((BEGAN + timedelta(days=3)).date().isoformat())
    page.locator("[name=time_zone]").fill("Europe/Berlin")
    page.locator("[name=rows]").fill("\n".join(f"https://{HOST}/item/{n}" for n in (901, 902, 903)))
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_role("heading", name="Questions").wait_for()


def tell_genuine(desk: Desk, page: Page) -> None:
    """The brand answers all three at once."""
    page.goto(f"{desk.url}/questions")
    for box in page.get_by_role("checkbox", name=HOST).all():
        box.check()
    page.get_by_role("radio", name="genuine").check()
    page.get_by_role("button", name="Answer them").click()
    page.get_by_role("cell", name="Genuine").nth(2).wait_for()


def give(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_text("Done, and on record").wait_for()


def story(desk: Desk, page: Page) -> list[str]:
    """What a party reads on its pages of the record about questions and the report, the oldest first."""
    desk.hub.sequence()
    page.goto(f"{desk.url}/ledger")
    told = page.get_by_role("table", name="Entries that concern you").get_by_role("rowheader").all_inner_texts()
    told += page.get_by_role("table", name="Entries that concern you").get_by_role("cell").all_inner_texts()
    return [each for each in reversed(told) if " listing" in each or "question" in each]


def test_listing_of_the_one_seller_who_counters_stands_again_when_the_brand_lets_the_clock_run_out(desk: Desk) -> None:
    brand, platform = desk.window("brand-a"), desk.window("shop")
    report = file_report(desk, brand)
    ask(desk, platform)
    tell_genuine(desk, brand)

    platform.goto(report)
    give(platform, "Take it into review")
    give(platform, "Pass it on to the seller")
    desk.later(days=2)
    platform = desk.window("shop")
    platform.goto(report)
    platform.get_by_role("checkbox", name=str(COUNTERED), exact=True).check()
    platform.get_by_label("Grounds").select_option("genuine")
    platform.get_by_label("What the seller says").fill(SELLER_SAYS)
    give(platform, "Pass on the counter-notice")
    desk.later(days=4)

    platform = desk.window("shop")
    platform.goto(report)
    platform.get_by_role("radio", name="Established").check()
    give(platform, "Decide")
    platform.get_by_label("Action").select_option("listing removed")
    give(platform, "Say what was done")

    brand = desk.window("brand-a")
    brand.goto(report)
    countered = brand.get_by_role("table", name="Listings of the report").get_by_role("row").nth(COUNTERED)
    others = brand.get_by_role("cell", name="listing removed")
    assert "reinstated" in countered.inner_text()
    assert others.count() == LISTINGS - 1
    assert brand.get_by_text("Right holder did not answer", exact=True).is_visible()
    report_name = report.rsplit("/", 1)[1]
    asked = {
        "brand": ("shop asked you about 3 listings", "brand-a answered 3 questions of a platform: genuine"),
        "platform": ("shop asked a brand about 3 listings", "brand-a answered 3 of your questions: genuine"),
    }
    for page, own in ((brand, asked["brand"]), (platform, asked["platform"])):
        told = [each.replace(report_name, "R").partition(" (")[0] for each in story(desk, page)]
        assert told == [FILED, *own, *TOLD]
