"""The whole studio in a real browser: an adapter trained from the page describes a face beside its base."""

import pytest

pytestmark = pytest.mark.browser


def choose(page, dropdown, name):
    page.click(f"{dropdown} input")
    page.get_by_role("option", name=name, exact=True).click()


@pytest.mark.timeout(1200)  # the studio starts, a training loads the libraries, two models answer
def test_an_adapter_trained_here_describes_a_face_beside_its_base(
    page, start_server, taught_model, faces, photograph, artefacts
):
    server = start_server("--model", str(taught_model), "--files", str(faces))
    server.wait_for("Taught by heart", seconds=240)
    page.set_default_timeout(240_000)
    page.goto(f"{server.url}?__theme=light")
    page.get_by_role("tab", name="Train & benchmark").click()
    page.wait_for_selector("#train-plan dl")
    page.fill("#train-steps input", "3")
    page.fill("#train-held-out input", "0")
    page.press("#train-held-out input", "Tab")
    page.wait_for_function("/(?<![\\d,])3 steps/.test(document.querySelector('#train-plan').innerText)")
    below = [page.get_by_text(name, exact=True).bounding_box() for name in ("Data", "Time", "Memory")]
    below.append(page.locator("#train-start").bounding_box())
    assert all(box["y"] + box["height"] < 900 for box in below), "button and main numbers are in sight"
    page.click("#train-start")
    page.wait_for_selector("#train-job .job[data-state=done]", timeout=600_000)

    page.click("#train-offer")
    page.wait_for_selector("#describe", state="visible")
    page.wait_for_selector("[role=tab][aria-selected=true]:has-text('Demo')")
    page.wait_for_function("document.querySelector('#model input').value.startsWith('small faces, seed 1 (')")
    adapter = page.input_value("#model input")
    assert "-train-" in adapter  # the name of its job
    page.set_input_files("#stage input[type=file]", photograph)
    page.wait_for_selector("#stage svg.overlay")
    page.wait_for_selector("#second-model input", state="visible")  # nothing has to be opened by hand
    assert page.locator("#compare input").is_checked()
    base = page.input_value("#second-model input")
    assert base == taught_model.name
    page.screenshot(path=artefacts / "adapter-offered.png")
    page.click("#describe")
    for answer, name in (("#first-answer", adapter), ("#second-answer", base)):
        page.wait_for_selector(f"{answer} .answer[data-state=done]")
        assert name in page.locator(f"{answer} header").inner_text()
        assert page.locator(f"{answer} .answer-text").first.inner_text()
    known = page.locator("#first-answer .origin")
    assert "data small faces" in known.inner_text() and page.locator("#second-answer .origin").count() == 0
    assert len(known.locator("abbr").first.get_attribute("title")) in (40, 64)
    page.wait_for_selector(".comparison")
    page.screenshot(path=artefacts / "adapter-in-demo.png", full_page=True)

    page.reload()  # a later visitor finds the adapter in the list
    page.wait_for_selector(".example")
    choose(page, "#model", adapter)

    page.get_by_role("tab", name="Train & benchmark").click()  # this job asked nobody: one that does is started
    page.click("#train-blind")
    page.wait_for_function("document.querySelector('#train-job h3')?.innerText.startsWith('Blind check of')")
    page.wait_for_selector("#train-job .job[data-state=done]", timeout=600_000)
    page.wait_for_selector("#train-blind-said .notice")
    page.wait_for_selector("#train-blind-said:has-text('asks reviewers about 2 faces')")
    page.wait_for_selector("#train-blind", state="hidden")
    page.screenshot(path=artefacts / "blind-check-offered.png", full_page=True)
    page.click("text=Open Campaigns")
    page.wait_for_selector("#blind-result")
    page.wait_for_function("document.querySelector('#blind-result').innerText.includes('called A and B')")
    page.screenshot(path=artefacts / "blind-check-campaign.png", full_page=True)
