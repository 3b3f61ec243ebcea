"""Titles: what a careful person would answer, in five languages, as typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.enrichers.title import read_title

SENIORITIES = {"owner", "c_level", "vp", "head", "director", "manager", "senior", "entry", "intern", "unknown"}

ANSWERS = """
CEO = c_level executive
Managing Director = c_level executive
Geschäftsführer = c_level executive
Geschaeftsfuehrerin = c_level executive
Vorstand Vertrieb = c_level sales
PDG = c_level executive
Directeur général = c_level executive
Gerente General = c_level executive
Diretor-Geral = c_level executive
CFO = c_level finance
Chief Information Security Officer = c_level it
Chief Happiness Officer = c_level executive
Founder & CEO = owner executive
geschäftsführender Gesellschafter = owner executive
Propriétaire = owner executive
Sócio-administrador = owner executive
Product Owner = entry product
Vice President = vp unknown
EVP Sales = vp sales
Vice-Président Ventes = vp sales
Vicepresidente de Ventas = vp sales
Head of People = head hr
Leiter/in Einkauf = head procurement
Vertriebsleiterin (m/w/d) = head sales
IT-Leiter = head it
Senior Director, Finance = director finance
DRH = director hr
Directora de Marketing = director marketing
Diretor de TI = director it
Intern = intern unknown
Werkstudent IT = intern it
Stagiaire en marketing = intern marketing
Estagiário de Marketing = intern marketing
Teamleiter Kundenservice = manager support
Projektleiter = manager operations
Senior Manager Sales Operations = manager sales
Jefe de Compras = manager procurement
Responsable RH = manager hr
Chef de produit = manager product
Supervisor = manager unknown
Assistant Manager = manager unknown
Tech Lead = senior engineering
Senior Account Executive = senior sales
Account Executive = entry sales
Executive Assistant = entry other
Assistant to the CEO = entry other
Assistentin der Geschäftsführung = entry other
Assistante de direction = entry other
Attorney = entry legal
Datenschutzbeauftragter = entry legal
Softwareentwicklerin = entry engineering
Desarrollador de software = entry engineering
Network Administrator = entry it
Customer Success Agent = entry support
Recruiter = entry hr
LKW-Fahrer = entry other
Procurement = unknown procurement
Field Marketing = unknown marketing
asdfgh = unknown unknown
- = unknown unknown
Unemployed = unknown unknown
"""


@pytest.mark.parametrize("line", ANSWERS.strip().splitlines())
def test_answers(line: str) -> None:
    text, _, answer = line.rpartition(" = ")
    title = read_title(text)
    assert f"{title.seniority} {title.function}" == answer


@pytest.mark.parametrize(
    "typed",
    [
        "vp sales",
        "VP SALES",
        "🚀 VP Sales 🚀",
        "[VP Sales]",
        "VP Sales (EMEA)",
        "VP Sales at Acme",
        "VP Sales @ Acme",
        "VP Sales bei Acme",
        "VP Sales - Acme GmbH",
        "Acme Inc., VP Sales",
        "Vice Presidnet Sales",
        "V.P. of Sales",
        "Vice-President, Sales",
    ],
)
def test_decoration_and_slips_do_not_change_a_title(typed: str) -> None:
    title = read_title(typed)
    assert (title.seniority, title.function) == ("vp", "sales")
    assert title.confidence >= 80


@pytest.mark.parametrize("text", ["Chief of Staff", "Partner", "Scrum Master", "Co-Founder & CTO", "asdfgh", "CPO"])
def test_where_two_answers_can_be_defended_it_is_not_sure(text: str) -> None:
    assert read_title(text).confidence < 80


@given(st.text(max_size=80))
def test_any_text_gets_an_answer(text: str) -> None:
    title = read_title(text)
    assert title.seniority in SENIORITIES
    assert 0 <= title.confidence <= 100


@given(st.sampled_from([line.rpartition(" = ")[0] for line in ANSWERS.strip().splitlines()]), st.sampled_from(["  ", "\t"]))
def test_case_and_spaces_do_not_matter(text: str, space: str) -> None:
    typed = space + text.upper().replace(" ", space) + space
    if "ß" not in text and " - " not in text:
        assert read_title(typed) == read_title(text)
