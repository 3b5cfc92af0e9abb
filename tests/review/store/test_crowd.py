"""Many people at once."""


def test_a_crowd_loses_nothing_and_gets_nothing_twice(
    run_crowd, check_store, make_description, make_campaign, make_user
):
    for number in range(12):
        make_description(suspicion=number / 12)
    campaign, people = make_campaign(overlap=2), [make_user() for _ in range(8)]
    crowd = run_crowd(campaign, people, items=5)
    assert len(crowd.submitted) >= 12
    check_store(campaign, crowd)
