"""General words of the ten countries: what a name carries beside the company's own words. No company is listed here."""

from typing import Final

from cleanco.termdata import terms_by_country, terms_by_type

from scoring.match.folding import fold


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _of_library() -> frozenset[str]:
    """Of the longer ones; a form of two letters is as often a word."""
    every = (term for terms in (*terms_by_type.values(), *terms_by_country.values()) for term in terms)
    squeezed = (fold(term.replace(".", "")).replace(" ", "") for term in every)
    return frozenset(term for term in squeezed if len(term) > 2)


LEGAL: Final = _of_library() | _words(
    """
    inc incorporated corp corporation co company llc lllp lp llp ltd limited plc pllc pvtltd pvt pteltd privatelimited gmbh ag se
    kg kgaa ug ohg ev eg gbr mbh haftungsbeschrankt aktiengesellschaft sa sas sasu sarl eurl sci scop snc societeanonyme
    sl slu sau slne sociedadlimitada sociedadanonima scoop ltda limitada eireli me epp sapi nv bv cv vof beslotenvennootschap
    ab aktiebolag hb kbb handelsbolag publ spzoo spzo spj spk ska spzoospk spolkazoo spolkaakcyjna spolkajawna spa srl oy as aps
    og lda unipessoal snc kft zrt sro doo
    pty ptyltd sdnbhd kk gk ehf hf oyj ou uab sia
    """
)
"""Run together, as they stand at the end of a name; up to four words of it are one form."""
JOINING: Final = _words(
    "and und et y e i och en oraz of the de del la le les der die das für for voor for da do dos das van di a"
)
GROUP: Final = _words(
    """
    group groupe gruppe grupo groep grupa koncern concern holding holdings beteiligungs beteiligungen verwaltungs participacoes
    participaciones participations franchise forvaltning
    """
)
TRADE: Final = _words(
    """
    advies advisory agencia agency agrar analytics alimentacion alimentos anlagenbau assurances automatisering automation
    bank banking batiment bau bemanning beratung bio biotech bouw budownictwo bygg capital care chemical chemicals chemie
    cloud comercio communications computing conseil construction construcciones construtora consultancy consulting consultoria
    consultores data dental design designs diensten digital distribution electronics elektronik energi energia energie energies
    energy engenharia engineering enterprises equipment exports fashion fastigheter films finance financial foods forsakring
    global handel health healthcare hospitality imoveis immobilien immobilier import industri industria industrial industrias
    industrie industries informatik informatique infotech ingenieria ingenierie innovation instruments insurance interactive
    international investments it konsult lab labs law legal logistica logistics logistik logistique logistyka machinery
    management manufacturing maskin marketing materials media medical medizintechnik metal mode motors networks office packaging
    partners pharma pharmaceuticals power print production products produkter projects property publishing real research retail
    robotics sante science security seguros service services servicios servicos shipping soft software solucoes soluciones
    solutions staffing steel studio supply systemhaus system systems tech teknik techniek technik technologie technologies
    technology tecnologia telecom textil textiles trade trading training transport transportes transports travel uslugi
    utbildning ventures verlag versicherung vard verzekeringen water works ubezpieczenia nieruchomosci doradztwo energetyka
    """
)
"""What a company does, said beside its own name."""
AUTHORITY: Final = _words(
    """
    city town county state village municipality municipal borough council corporation authority government stadt landeshauptstadt
    stadtverwaltung landkreis kreis gemeinde rathaus ville mairie commune metropole departement region ayuntamiento ajuntament
    diputacion concello municipio prefeitura municipal camara governo estado urzad miasta gmina miasto powiat starostwo
    gemeente provincie kommun stad lan regionen nagar nigam mahanagar palika panchayat district
    """
)
UNIVERSITY: Final = _words(
    """
    university univ universitat universitaet universite universidad universidade universiteit universitet uniwersytet hochschule
    institute institut instituto college ecole school politechnika hogskola hogeschool insa iit iim academy
    """
)
NOISE: Final = _words(
    "hq headquarters headoffice main old new duplicate dup dupe inactive merged test donotcall donotuse donotcontact "
    "customer client kunde prospect vip keyaccount archived closed tbd imported"
)
"""What people write behind a name in a CRM."""
FORMER: Final = _words(
    "formerly ex former fka previously vormals ehemals anciennement antes antigua antigo dawniej voorheen tidigare"
)
ALSO: Final = _words("dba ta aka tradingas brand marke marque")
