"""A schedule shows when its attempts would come while it is typed, and pausing takes one click."""

from accessibility import faults_in
from playwright.sync_api import Page, expect


def test_a_schedule_shows_its_attempts_while_it_is_typed(signed_in: Page) -> None:
    page = signed_in
    page.goto(page.url.split("/test/endpoints")[0] + "/test/endpoints/new?card=webhook")
    page.get_by_label("URL").first.fill("https://example.com/hook")
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_role("link", name="Advanced").click()
    page.wait_for_url("**/advanced")  # with its scripts: what is typed before them is not heard

    schedule = page.get_by_label("Delay before each attempt")
    expect(schedule).to_have_value("0s, 5s, 5m, 30m, 2h, 5h, 10h, 10h")
    schedule.fill("0s, 1m, 1h30m")
    expect(page.locator("#plan")).to_contain_text("3 attempts over 1 h 31 min")
    schedule.fill("0s, soon")
    expect(page.locator("#plan")).to_contain_text("“soon” is not a delay.")
    schedule.fill("0s, 1m")
    assert faults_in(page) == []
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".flash")).to_contain_text("Endpoint saved.")
    expect(schedule).to_have_value("0s, 1m")

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: nothing is sent. Events are kept until you resume.")).to_be_visible()
    assert faults_in(page) == []
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".flash")).to_contain_text("Endpoint resumed.")
