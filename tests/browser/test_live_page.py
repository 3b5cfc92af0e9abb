"""The Live tab with a fake camera that plays a real face."""

import pytest

pytestmark = pytest.mark.browser


KEEP_DRAWINGS = """() => {
  window.drawn = new Set();
  const overlay = document.querySelector('.live-overlay');
  const keep = () => overlay.dataset.faces === '1' && window.drawn.add(overlay.toDataURL());
  const live = document.querySelector('#live');
  new MutationObserver(keep).observe(live, { subtree: true, attributeFilter: ['data-frames'] });
}"""
"""Keeps every different drawing of landmarks that was shown over the video."""


def start_camera(page, studio):
    page.goto(studio.url)
    page.wait_for_selector(".example", timeout=90_000)
    page.get_by_role("tab", name="Live").click()
    page.click("[data-live=start]")


def test_landmarks_follow_the_camera_over_ten_frames(page, studio, artefacts):
    start_camera(page, studio)
    page.evaluate(KEEP_DRAWINGS)
    page.wait_for_function("window.drawn.size >= 10", timeout=60_000)
    page.wait_for_selector(".live-rate:has-text('one face')", timeout=30_000)
    page.wait_for_selector(".lane[data-unit='12'] b:has-text('supports')", timeout=30_000)
    page.screenshot(path=artefacts / "live.png")


def test_describing_a_frame_opens_it_in_the_demo_tab(page, studio):
    start_camera(page, studio)
    page.wait_for_selector(".live-rate:has-text('one face')", timeout=60_000)
    page.click("[data-live=describe]")
    page.wait_for_selector("#stage svg.overlay", timeout=60_000)
    page.wait_for_selector("#first-answer .answer[data-state=done]", timeout=90_000)
    assert "camera frame" in page.locator("#stage figure img").get_attribute("alt")
