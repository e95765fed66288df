from datatools.page import candidates


def test_a_candidate_that_was_given_twice_keeps_its_number() -> None:
    assert candidates.name("lp_ft_2") == "fine-tuned from the probe (2)"
    assert candidates.name("probe") == "the probe"
    assert candidates.name("of_tomorrow") == "of_tomorrow"
