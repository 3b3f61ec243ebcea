import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.connecting.consent import ConsentError, Question, StrayAnswerError

HERE = "http://localhost:8720/callback"


def test_the_challenge_is_the_rfcs() -> None:
    """RFC 7636, appendix B."""
    question = Question(HERE, verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert question.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_every_question_has_its_own_secrets_and_does_not_show_them() -> None:
    one, other = Question(HERE), Question(HERE)
    assert len({one.state, other.state, one.verifier, other.verifier}) == 4
    assert 43 <= len(one.verifier) <= 128
    assert one.state not in repr(one)
    assert one.verifier not in repr(one)


@pytest.mark.parametrize(
    "form", ["{here}?code=c0de%3D&state={state}", "code=c0de%3D&state={state}", "  {here}?state={state}&code=c0de%3D\n"]
)
def test_the_whole_address_may_be_pasted(form: str) -> None:
    question = Question(HERE)
    assert question.code_pasted(form.format(here=HERE, state=question.state)) == "c0de="


@pytest.mark.parametrize(("pasted", "code"), [("aPrxsmIE.x4", "aPrxsmIE.x4"), ("aPrx%3D%3D", "aPrx==")])
def test_a_lone_code_is_taken(pasted: str, code: str) -> None:
    assert Question(HERE).code_pasted(pasted) == code


@pytest.mark.parametrize("pasted", ["", "a b", HERE, f"{HERE}?x=1", "https://login.salesforce.com/"])
def test_what_holds_no_code_is_asked_for_again(pasted: str) -> None:
    with pytest.raises(ConsentError, match=r"whole address"):
        Question(HERE).code_pasted(pasted)


def test_anothers_answer_is_not_taken_when_pasted_either() -> None:
    with pytest.raises(StrayAnswerError):
        Question(HERE).code_pasted(f"{HERE}?code=c0de&state=another")


@given(st.text())
def test_no_query_is_taken_without_our_state(query: str) -> None:
    with pytest.raises(StrayAnswerError):
        Question(HERE).code_in(query)
