"""A made-up market: accounts as a CRM has them, and leads whose account is known, case by case.

Made from rules, with names, countries and a mixture of its own; nothing in it is read from a file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

ACCOUNT_COLUMNS = "id name website domains phone city country parent_id type open_opportunity last_activity".split()
LEAD_COLUMNS = "id email company website phone city country".split()

_LANDS: Mapping[str, tuple[str, str, Sequence[str], Sequence[str], Sequence[str]]] = {
    "Italy": (
        "it", "39", ("S.p.A.", "S.r.l."), ("Milano", "Torino", "Bologna", "Padova"),
        ("Costruzioni", "Alimentari", "Servizi"),
    ),
    "Austria": (
        "at", "43", ("GmbH", "AG", "OG"), ("Wien", "Graz", "Linz", "Salzburg"),
        ("Haustechnik", "Werbung", "Maschinenbau"),
    ),
    "Denmark": (
        "dk", "45", ("A/S", "ApS"), ("Aarhus", "Odense", "Aalborg", "Esbjerg"),
        ("Entreprise", "Fødevarer", "Rådgivning"),
    ),
    "Norway": (
        "no", "47", ("AS", "ASA"), ("Bergen", "Oslo", "Trondheim", "Stavanger"),
        ("Sjømat", "Eiendom", "Bygg"),
    ),
    "Portugal": (
        "pt", "351", ("Lda.", "S.A."), ("Porto", "Braga", "Coimbra", "Faro"),
        ("Turismo", "Vinhos", "Construções"),
    ),
    "Canada": (
        "ca", "1", ("Inc.", "Ltd."), ("Toronto", "Calgary", "Ottawa", "Halifax"),
        ("Forestry", "Aviation", "Minerals"),
    ),
    "Germany": (
        "de", "49", ("GmbH", "GmbH & Co. KG"), ("Bremen", "Kiel", "Dresden", "Mainz"),
        ("Gartenbau", "Optik", "Spedition"),
    ),
    "United States": (
        "com", "1", ("Inc", "LLC", "Corp."), ("Tulsa", "Omaha", "Boise", "Tampa"),
        ("Plumbing", "Orthodontics", "Roofing"),
    ),
    "France": (
        "fr", "33", ("SAS", "SARL"), ("Rennes", "Dijon", "Reims", "Angers"),
        ("Menuiserie", "Cosmétiques", "Tourisme"),
    ),
    "Poland": (
        "pl", "48", ("Sp. z o.o.", "S.A."), ("Lublin", "Opole", "Toruń", "Kielce"),
        ("Meble", "Ogrody", "Okna"),
    ),
}  # fmt: skip
_FREE = "gmail.com outlook.com yahoo.com gmx.de libero.it wp.pl free.fr".split()
_STARTS = "Bra Cor Dun Fel Gri Hal Jor Kal Lor Mar Nev Ost Pel Quo Ras Sel Tor Ulm Var Wen Yor Zal Bel Cas Dro".split()
_MIDDLES = "ba ci dor fi gan ho ki lu mon na pi ro sta tu ve zi".split()
_ENDS = "dex lis mar nor pax ras son tek vin wick zen burg dal feld gard".split()
_FAMILIES = (
    "Rossi Huber Jensen Hansen Ferreira Tremblay Petersen Baker Lefebvre Wójcik Moretti Gruber Nielsen Olsen Pereira".split()
)
_COMMON = "Meridian Zenith Summit Compass Beacon Mosaic".split()


@dataclass
class Market:
    accounts: list[dict[str, str]] = field(default_factory=list)
    leads: list[dict[str, str]] = field(default_factory=list)
    truth: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of a lead's id: the case, and the id of the account, empty for none."""


def market(seed: int, each: int = 25, strangers: int = 200) -> Market:
    """Args: each: how many companies of each case. strangers: companies whose leads have no account."""
    maker = _Maker(Random(seed))
    for case in _CASES:
        for _ in range(each):
            case(maker)
    for _ in range(strangers):
        maker.stranger()
    maker.rng.shuffle(maker.made.accounts)
    maker.rng.shuffle(maker.made.leads)
    return maker.made


class _Maker:
    def __init__(self, rng: Random) -> None:
        self.rng, self.made = rng, Market()
        self._taken: set[str] = set()

    # parts

    def brand(self) -> str:
        """One nobody else has, nor nearly."""
        while True:
            made = (
                self.rng.choice(_STARTS) + self.rng.choice(_MIDDLES) + self.rng.choice((*_MIDDLES, "")) + self.rng.choice(_ENDS)
            )
            if made not in self._taken:
                self._taken.add(made)
                return made

    def land(self) -> str:
        return self.rng.choice(list(_LANDS))

    def town(self, land: str) -> str:
        return self.rng.choice(_LANDS[land][3])

    def name(self, land: str) -> str:
        trade = self.rng.choice(_LANDS[land][4])
        kind = self.rng.random()
        if kind < 0.4:
            return self.brand()
        if kind < 0.75:
            return f"{self.brand()} {trade}"
        one, other = self.rng.sample(_FAMILIES, 2)
        made = f"{one} & {other} {trade} {self.brand()}" if f"{one}{other}{trade}" in self._taken else f"{one} & {other} {trade}"
        self._taken.add(f"{one}{other}{trade}")
        return made

    def formed(self, name: str, land: str) -> str:
        return f"{name} {self.rng.choice(_LANDS[land][2])}"

    def host(self, name: str, land: str) -> str:
        return f"{_plain(name)}.{_LANDS[land][0]}"

    def phone(self, land: str) -> str:
        return f"+{_LANDS[land][1]} {self.rng.randrange(20, 99)} {self.rng.randrange(1_000_000, 9_999_999)}"

    def account(self, name: str, host: str, land: str, town: str, parent: str = "", **more: str) -> str:
        id_ = f"A{len(self.made.accounts):06}"
        day = f"2026-{self.rng.randrange(1, 11):02}-{self.rng.randrange(1, 28):02}"
        site = self.rng.random() < 0.6
        row = {
            "id": id_, "name": name, "website": f"https://www.{host}/" if host and site else "",
            "domains": host if host and (not site or self.rng.random() < 0.7) else "", "phone": self.phone(land), "city": town,
            "country": land, "parent_id": parent, "type": self.rng.choice(("Prospect", "Customer", "Partner")),
            "open_opportunity": self.rng.choice("0001"), "last_activity": self.rng.choice((day, day, "")),
        }  # fmt: skip
        self.made.accounts.append({**row, **more})
        return id_

    def lead(self, case: str, right: str, host: str = "", company: str = "", land: str = "", town: str = "", **more: str) -> None:
        id_ = f"L{len(self.made.leads):06}"
        who = self.rng.choice("anna.b c.dupont office marco k.olsen p.nowak".split()) + str(len(self.made.leads))
        row = {"id": id_, "email": f"{who}@{host}" if host else "", "company": self.typed(company), "website": "", "phone": ""}
        self.made.leads.append({**row, "city": town, "country": land, **more})
        self.made.truth[id_] = (case, right)

    def typed(self, company: str) -> str:
        kind = self.rng.random()
        return company.upper() if kind < 0.1 else company.lower() if kind < 0.2 else f" {company} " if kind < 0.25 else company

    def free(self) -> str:
        return self.rng.choice(_FREE)

    # cases

    def plain(self) -> None:
        land = self.land()
        name, town = self.name(land), self.town(land)
        host = self.host(name, land)
        id_ = self.account(self.formed(name, land), host, land, town)
        self.lead("exact domain", id_, host, self.rng.choice((name, "", "Freelance")), land)
        self.lead("sub-domain", id_, f"mail.{host}", self.rng.choice((name, "")), land, town)
        self.lead("free mail, clear", id_, self.free(), name, land, town)
        self.lead("no mail", id_, "", self.formed(name, land), land, town)
        self.lead("website only", id_, self.free(), "", land, website=f"http://{host}/about")
        self.lead("free mail, no company", "", self.free(), "", land, town)

    def two_domains(self) -> None:
        land, other = self.rng.sample(list(_LANDS), 2)
        name = self.name(land)
        host = self.host(name, land)
        id_ = self.account(self.formed(name, land), host, land, self.town(land))
        self.lead("another domain of it", id_, self.host(name, other), name, other, self.town(other))
        self.lead("look-alike domain", "", f"{_plain(name)}-garden.{_LANDS[land][0]}", f"{name} Garden", land, self.town(land))

    def group(self) -> None:
        land = self.land()
        brand = self.brand()
        host = self.host(brand, land)
        top = self.account(f"{brand} {self.rng.choice(('Group', 'Holding'))} {_LANDS[land][2][0]}", host, land, self.town(land))
        name = self.name(land)
        own = self.rng.choice((self.host(name, land), host))
        sub = self.account(self.formed(name, land), own, land, self.town(land), parent=top)
        self.lead("subsidiary on the parent's domain", sub, host, name, land)
        self.lead("subsidiary by name", sub, self.free(), name, land, self.made.accounts[-1]["city"])
        self.lead("brand of a group", top, host, self.rng.choice((brand, "")), land)

    def lands(self) -> None:
        home, away, third = self.rng.sample(list(_LANDS), 3)
        brand = self.brand()
        host = self.host(brand, home)
        top = self.account(self.formed(brand, home), host, home, self.town(home))
        sub = self.account(self.formed(brand, away), self.rng.choice((host, "")), away, self.town(away), parent=top)
        self.lead("account of a land", sub, host, self.rng.choice((brand, f"{brand} {away}")), away)
        self.lead("land without an account", top, host, brand, third, self.town(third))
        self.lead("account of the home land", top, host, brand, home)

    def namesakes(self) -> None:
        one, other = self.rng.sample(list(_LANDS), 2)
        word = self.brand()
        first = self.account(self.formed(word, one), f"{_plain(word)}.{_LANDS[one][0]}", one, self.town(one))
        second = self.account(
            self.formed(word, other), f"{_plain(word)}-{_LANDS[other][0]}.{_LANDS[other][0]}", other, self.town(other)
        )
        self.lead("one name in two lands", first, self.free(), word, one)
        self.lead("one name in two lands", second, self.free(), word, other, self.made.accounts[-1]["city"])
        self.lead("a name that two have", "", self.free(), word)

    def common(self) -> None:
        land = self.land()
        word, town = self.rng.choice(_COMMON), self.town(land)
        if (word, land, town) in self._taken:  # type: ignore[comparison-overlap]
            return
        self._taken.add((word, land, town))  # type: ignore[arg-type]
        id_ = self.account(self.formed(word, land), f"{_plain(word)}{_plain(town)}.{_LANDS[land][0]}", land, town)
        self.lead("common word, its town", id_, self.free(), word, land, town)

    def branches(self) -> None:
        land = self.land()
        brand = f"{self.rng.choice(('Fit', 'Pizza', 'Print', 'Kids', 'Tyre'))}{self.brand()}"
        host, towns = self.host(brand, land), self.rng.sample(_LANDS[land][3], 4)
        top = ""
        if self.rng.random() < 0.5:
            top = self.account(f"{brand} {self.rng.choice(('Franchise', 'Holding'))} {_LANDS[land][2][0]}", host, land, towns[3])
        for town in towns[:2]:
            named = self.rng.choice((brand, f"{brand} {town}"))
            id_ = self.account(named, self.rng.choice((host, host, "")) if top else host, land, town, parent=top)
            self.lead(
                "branch", id_, self.rng.choice((host, self.free())), self.rng.choice((brand, f"{brand} {town}")), land, town
            )
        self.lead("town without a branch", top, host, brand, land, towns[2])

    def town_hall(self) -> None:
        land = self.rng.choice(("Germany", "France", "Poland", "United States"))
        town = self.brand()
        hall, units = {
            "Germany": (f"Stadt {town}", ("Ordnungsamt", "Tiefbauamt", "Kulturamt")),
            "France": (f"Ville de {town}", ("Direction des Sports", "Service Propreté", "Direction des Finances")),
            "Poland": (f"Urząd Miasta {town}", ("Wydział Sportu", "Biuro Promocji", "Wydział Finansowy")),
            "United States": (f"City of {town}", ("Parks Department", "Fire Department", "Office of Budget")),
        }[land]
        host = f"stadt-{_plain(town)}.{_LANDS[land][0]}"
        top = self.account(hall, host, land, town) if self.rng.random() < 0.6 else ""
        ids = [
            self.account(f"{hall} - {unit}", self.rng.choice((host, "")) if top else host, land, town, top) for unit in units[:2]
        ]
        self.lead(
            "department", ids[0], host, self.rng.choice((units[0], f"{units[0]}, {hall}", f"{hall} / {units[0]}")), land, town
        )
        self.lead("authority", top, host, self.rng.choice((hall, "")), land, town)
        self.lead("department without an account", top, host, f"{hall}, {units[2]}", land, town)

    def agency(self) -> None:
        land = self.land()
        client, name = self.name(land), f"{self.brand()} {self.rng.choice(('Media', 'Kommunikation', 'PR', 'Publicité'))}"
        host = self.host(name, land)
        id_ = self.account(self.formed(name, land), host, land, self.town(land))
        self.account(self.formed(client, land), self.host(client, land), land, self.town(land))
        self.lead("agency for a client", id_, host, self.rng.choice((f"{client} (client)", f"for {client}", client)), land)

    def bought(self) -> None:
        land, other = self.rng.sample(list(_LANDS), 2)
        new, old = self.name(land), self.name(other)
        hosts = self.host(new, land), self.host(old, other)
        said = self.rng.choice((f" (formerly {old})", f" (ex {old})", f" / {old}"))
        id_ = self.account(self.formed(new, land) + said, hosts[0], land, self.town(land), domains=";".join(hosts))
        town = self.made.accounts[-1]["city"]
        self.lead("bought, old domain", id_, hosts[1], self.rng.choice((old, "", new)), land)
        self.lead("bought, old name", id_, self.free(), old, land, town)

    def legal_name(self) -> None:
        land = self.land()
        brand, town = self.brand(), self.town(land)
        legal = f"{self.rng.choice(_FAMILIES)} {self.brand()} {_LANDS[land][2][0]}"
        id_ = self.account(legal, self.host(brand, land), land, town)
        self.lead("legal name is another", id_, self.free(), brand, land, town)
        self.lead(
            "legal name is another, elsewhere", "", self.free(), brand, self.rng.choice([one for one in _LANDS if one != land])
        )

    def twice(self) -> None:
        land = self.land()
        name, town = self.name(land), self.town(land)
        host = self.host(name, land)
        wins = self.rng.choice(("open_opportunity", "type", "last_activity"))
        lost = {"open_opportunity": "0", "type": "Former customer", "last_activity": "2024-01-02"}
        won = {**lost, wins: {"open_opportunity": "1", "type": "Customer", "last_activity": "2026-11-20"}[wins]}
        hosts = [host, self.rng.choice((host, ""))]
        self.account(self.formed(name, land), hosts[0], land, town, **lost)
        right = self.account(name, hosts[1], land, town, **won)
        self.lead("duplicate accounts", right, host, self.rng.choice((name, "")), land, town)
        self.lead("duplicate accounts, by name", right, self.free(), name, land, town)

    def slip(self) -> None:
        land = self.land()
        name, town = f"{self.brand()} {self.rng.choice(_LANDS[land][4])}", self.town(land)
        id_ = self.account(self.formed(name, land), self.host(name, land), land, town)
        at = self.rng.randrange(1, len(name) - 2)
        wrong = self.rng.choice(
            (name[:at] + name[at + 1 :], name[:at] + name[at + 1] + name[at] + name[at + 2 :], name[:at] + "x" + name[at:])
        )
        self.lead("misspelled", id_, self.free(), wrong, land, town)

    def shop(self) -> None:
        land = self.land()
        name, town = self.name(land), self.town(land)
        page = f"{_plain(name)}.{self.rng.choice(('wixsite.com', 'myshopify.com', 'jimdofree.com', 'onmicrosoft.com'))}"
        id_ = self.account(self.formed(name, land), page, land, town)
        self.lead("shared host", id_, page, name, land)
        self.lead(
            "another page of a shared host", "", f"{_plain(self.brand())}.{page.partition('.')[2]}", self.brand(), land, town
        )

    def near_name(self) -> None:
        land = self.land()
        brand, town = self.brand(), self.town(land)
        one, other, _ = _LANDS[land][4]
        self.account(f"{brand} {one} {_LANDS[land][2][0]}", self.host(f"{brand} {one}", land), land, town)
        host = self.rng.choice((self.free(), self.host(f"{brand} {other}", land), ""))
        self.lead("near name", "", host, f"{brand} {other}", land, self.rng.choice((town, self.town(land))))

    def one_letter(self) -> None:
        """Two companies a letter apart in one town, and a third that has no account."""
        land = self.land()
        brand, town = f"{self.brand()}a", self.town(land)
        trade = self.rng.choice(_LANDS[land][4])
        for end in ("", "o"):
            name = f"{brand[:-1]}{end} {trade}"
            id_ = self.account(self.formed(name, land), self.host(name, land), land, town)
            self.lead("a letter apart", id_, self.free(), name, land, town)
        other = next(one for one in _LANDS[land][4] if one != trade)
        self.lead("a letter apart, another trade", "", self.free(), f"{brand[:-1]}x {other}", land, town)

    def one_beginning(self) -> None:
        land = self.land()
        brand, town = self.brand(), self.town(land)
        for trade in _LANDS[land][4][:2]:
            id_ = self.account(self.formed(f"{brand} {trade}", land), self.host(f"{brand}{trade}", land), land, town)
        self.lead("a beginning that two have", "", self.free(), brand, land, town)
        self.lead("the second of two", id_, self.free(), f"{brand} {_LANDS[land][4][1]}", land, town)

    def provider(self) -> None:
        """A mail provider nobody knows, on accounts of companies that have nothing to do with each other."""
        host = f"{_plain(self.brand())}net.{_LANDS[self.land()][0]}"
        for _ in range(5):
            land = self.land()
            name, town = self.name(land), self.town(land)
            id_ = self.account(self.formed(name, land), "", land, town, domains=host)
            self.lead("a provider's domain, by name", id_, host, name, land, town)
        self.lead("a provider's domain, a stranger", "", host, self.brand(), self.land())
        self.lead("a provider's domain, no company", "", host, "", self.land())

    def junk(self) -> None:
        land = self.land()
        said = self.rng.choice("n/a|-|none|Freelance|Student|self-employed|test|xxx|privat|0000000|???|.".split("|"))
        host = self.rng.choice((self.free(), ""))
        self.lead("junk", "", host, said, land, self.town(land), phone=self.rng.choice(("", "0000000", "123456789", "n/a")))

    def decorated(self) -> None:
        land = self.land()
        name, town = self.name(land), self.town(land)
        mark = self.rng.choice(
            (" *", " (HQ)", " [do not call]", f" - {town}", " - Headquarters", " (old)", f" ({town})", " - VIP")
        )
        id_ = self.account(self.formed(name, land) + mark, self.host(name, land), land, town)
        self.lead("a marked account", id_, self.free(), name, land, self.rng.choice((town, "")))

    def shortened(self) -> None:
        land = "United States"
        brand, town = self.brand(), self.town(land)
        full, short = self.rng.choice(
            (("Technologies", "Tech"), ("Services", "Svcs"), ("Insurance", "Ins."), ("Manufacturing", "Mfg"))
        )
        id_ = self.account(self.formed(f"{brand} {full}", land), self.host(brand + full, land), land, town)
        self.lead("cut short", id_, self.free(), f"{brand} {short}", land, town)
        words = [self.brand() for _ in range(3)]
        name = " ".join(words)
        id_ = self.account(self.formed(name, land), self.host(name, land), land, town)
        self.lead("initials", id_, self.host(name, land), "".join(word[0] for word in words), land, town)

    def in_other_words(self) -> None:
        land, said, town, call = self.rng.choice((
            ("Austria", "Österreich", "Wien", "Vienna"), ("Germany", "Deutschland", "München", "Munich"),
            ("Poland", "Polska", "Warszawa", "Warsaw"), ("Italy", "Italia", "Milano", "Milan"),
            ("United States", "USA", "New York", "NYC"), ("Portugal", "PT", "Lisboa", "Lisbon"),
            ("Denmark", "Danmark", "København", "Copenhagen"), ("France", "FRA", "Strasbourg", "Strasbourg-Nord"),
        ))  # fmt: skip
        name = self.name(land)
        id_ = self.account(self.formed(name, land), self.host(name, land), land, town)
        self.lead("place in other words", id_, self.free(), name, said, call)

    def school(self) -> None:
        land = self.rng.choice(("Italy", "Germany", "United States"))
        town = self.town(land)
        word = {"Italy": "Università di", "Germany": "Universität", "United States": "University of"}[land]
        name = f"{word} {town} {self.brand()}"
        host = f"uni-{_plain(name)}.{_LANDS[land][0]}"
        id_ = self.account(name, host, land, town)
        part = self.rng.choice(("Dipartimento di Fisica", "Fakultät Chemie", "School of Law"))
        self.lead("a school's part", id_, f"phys.{host}", self.rng.choice((f"{part}, {name}", name, "", part)), land)

    def twice_in_part(self) -> None:
        """Two entries, one of them without a town or a host, or written otherwise."""
        land = self.land()
        name, town = self.name(land), self.town(land)
        host = self.host(name, land)
        self.account(self.formed(name, land), host, land, town, open_opportunity="0")
        less = self.rng.choice(
            ({"domains": host, "city": ""}, {"domains": host, "name": name.upper()}, {"name": f"{name} (new)"})
        )
        right = self.account(name, "", land, town, open_opportunity="1")
        self.made.accounts[-1].update(less)
        self.lead("an entry with less", right, host, self.rng.choice((name, "")), land, town)

    def stranger(self) -> None:
        land = self.land()
        name = self.name(land)
        host = self.rng.choice((self.host(name, land), self.free(), ""))
        self.lead(
            "stranger", "", host, self.rng.choice((name, self.formed(name, land))), land, self.rng.choice((self.town(land), ""))
        )


_CASES: Sequence[Callable[[_Maker], None]] = (
    _Maker.plain, _Maker.two_domains, _Maker.group, _Maker.lands, _Maker.namesakes, _Maker.common, _Maker.branches,
    _Maker.town_hall,
    _Maker.agency, _Maker.bought, _Maker.legal_name, _Maker.twice, _Maker.slip, _Maker.shop, _Maker.near_name,
    _Maker.one_letter, _Maker.one_beginning, _Maker.provider, _Maker.junk, _Maker.decorated, _Maker.shortened,
    _Maker.in_other_words, _Maker.school, _Maker.twice_in_part,
)  # fmt: skip


def _plain(text: str) -> str:
    letters = str.maketrans("àáâãäåèéêëìíîïòóôõöøùúûüçñńłśźżęą", "aaaaaaeeeeiiiioooooouuuucnnlszzea")
    return "".join(sign for sign in text.lower().translate(letters).replace("æ", "ae").replace("ß", "ss") if sign.isalnum())
