"""What made-up people and companies are called, and where they are, country by country."""

from dataclasses import dataclass
from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@dataclass(frozen=True, slots=True)
class Country:
    code: str
    names: tuple[str, ...]
    """As people write it."""
    calling: str
    digits: int
    """Of a number without country code."""
    cities: tuple[tuple[str, str], ...]
    """With their state or region."""
    forms: tuple[str, ...]
    """Legal forms."""
    suffixes: tuple[str, ...]
    free: tuple[str, ...]
    """Free-mail providers."""
    first: tuple[str, ...]
    """The commonest first."""
    last: tuple[str, ...]
    stems: tuple[str, ...]
    """Rare family names are made of one or two of these and an ending."""
    ends: tuple[str, ...]


def _cities(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (one.replace("_", " ").split("/") for one in text.split())
    return tuple((city, state) for city, state in pairs)


_ENGLISH_FIRST: Final = _words("""
            James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan
            Joseph Jessica Thomas Sarah Christopher Karen Charles Lisa Daniel Nancy Matthew Betty Anthony Sandra Mark
            Margaret Donald Ashley Steven Kimberly Andrew Emily Paul Donna Joshua Michelle Kenneth Carol Kevin Amanda
            Brian Melissa Timothy Deborah Ronald Stephanie Jason Rebecca Edward Laura Jeffrey Helen Ryan Sharon Jacob
            Cynthia Gary Kathleen Nicholas Amy Eric Angela Jonathan Anna Stephen Ruth Larry Brenda Justin Pamela Scott
            Nicole Brandon Katherine Benjamin Samantha Samuel Christine Gregory Emma Alexander Catherine Frank
            Virginia Patrick Rachel Raymond Carolyn Jack Janet Dennis Maria Jerry Heather Tyler Diane Aaron Olivia
            Jose Julie Adam Joyce Nathan Victoria
        """)
_ENGLISH_LAST: Final = _words("""
            Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson
            Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis
            Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall
            Rivera Campbell Mitchell Carter Roberts Evans Hughes Edwards Wood Turner
        """)
COUNTRIES: Final = (
    Country(
        "US", ("United States", "USA", "US"), "1", 10,
        _cities("""
            New_York/NY Chicago/IL Austin/TX Houston/TX Dallas/TX Seattle/WA Denver/CO Boston/MA Phoenix/AZ Atlanta/GA
            Charlotte/NC San_Francisco/CA Los_Angeles/CA Miami/FL Portland/OR
        """),
        ("Inc.", "LLC", "Corp.", "Inc", ""), ("com", "com", "com", "net", "io"),
        ("gmail.com", "yahoo.com", "outlook.com", "icloud.com"),
        _ENGLISH_FIRST, _ENGLISH_LAST,
        _words("""
            ash brad cal dun fair gar hart in kel lock mar nor oak pres quin rad sted thorn up ver whit york brook hol
        """),
        _words("ton ley worth field ford wood man well burn more land wick stead"),
    ),
    Country(
        "GB", ("United Kingdom", "UK", "England"), "44", 10,
        _cities("""
            London/Greater_London Manchester/Greater_Manchester Leeds/West_Yorkshire Bristol/Avon Reading/Berkshire
            Glasgow/Scotland Edinburgh/Scotland Cardiff/Wales Birmingham/West_Midlands York/North_Yorkshire
        """),
        ("Ltd", "Limited", "plc", "LLP", ""), ("co.uk", "co.uk", "com", "uk"),
        ("gmail.com", "hotmail.co.uk", "btinternet.com"),
        _ENGLISH_FIRST[::-1], _ENGLISH_LAST[::-1],
        _words("ald bram crom dal ever farn gilm hath kirk lang mold nether pem rush stan tad wal wim bex cot hag"),
        _words("ton ham ley by thorpe worth hurst combe shaw dale bridge ford"),
    ),
    Country(
        "DE", ("Germany", "Deutschland", "DE"), "49", 10,
        _cities("""
            Berlin/Berlin Hamburg/Hamburg München/Bayern Köln/Nordrhein-Westfalen Frankfurt/Hessen
            Stuttgart/Baden-Württemberg Leipzig/Sachsen Bremen/Bremen Hannover/Niedersachsen Nürnberg/Bayern
        """),
        ("GmbH", "AG", "GmbH & Co. KG", "KG", ""), ("de", "de", "de", "com", "eu"),
        ("gmx.de", "web.de", "gmail.com", "t-online.de"),
        _words("""
            Thomas Michael Andreas Stefan Christian Sabine Susanne Petra Monika Claudia Peter Wolfgang Klaus Jürgen
            Frank Markus Martin Anja Nicole Stefanie Julia Katrin Lukas Jonas Felix Maximilian Paul Leon Anna Lena
            Laura Sophie Marie Hanna Tobias Florian Sebastian Jan Uwe Jörg Heike Ute Birgit Karin Gisela Ingrid Bernd
            Holger Dirk Ralf
        """),
        _words("""
            Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch Bauer Richter Klein Wolf
            Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Werner Krause Lehmann Köhler Maier
            Huber
        """),
        _words("""
            alt berg brun diet eich fel grün heid kalt lind mohr neu ober rosen stein tann unter wald zell birk dorn
            forst
        """),
        _words("mann bach berger hofer meier stätter feld hauer lein thal kamp inger"),
    ),
    Country(
        "FR", ("France", "FR"), "33", 9,
        _cities("""
            Paris/Île-de-France Lyon/Auvergne-Rhône-Alpes Marseille/PACA Toulouse/Occitanie Nantes/Pays_de_la_Loire
            Bordeaux/Nouvelle-Aquitaine Lille/Hauts-de-France Rennes/Bretagne Strasbourg/Grand_Est
        """),
        ("SARL", "SA", "SAS", ""), ("fr", "fr", "com", "eu"), ("orange.fr", "free.fr", "gmail.com", "laposte.net"),
        _words("""
            Jean Marie Pierre Michel Nathalie Philippe Isabelle Alain Sylvie Patrick Catherine Nicolas Martine
            Christophe Christine Laurent Françoise Frédéric Valérie Sébastien Sandrine Julien Stéphanie David
            Véronique Éric Sophie Olivier Céline Thierry Chantal Stéphane Monique Bruno Camille Léa Chloé Manon Hugo
            Lucas Théo Antoine Maxime Émilie Aurélie Hélène
        """),
        _words("""
            Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux
            David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefèvre Faure
            André
        """),
        _words("beau bel bois chan char dela fon gar lam mont nor pel rav sal tour val ver ville brun cour gran"),
        _words("let ette ard eau ier ot el in on aud ert ois"),
    ),
    Country(
        "ES", ("Spain", "España", "ES"), "34", 9,
        _cities("""
            Madrid/Madrid Barcelona/Cataluña Valencia/Valencia Sevilla/Andalucía Bilbao/País_Vasco Málaga/Andalucía
            Zaragoza/Aragón Murcia/Murcia Granada/Andalucía Vigo/Galicia
        """),
        ("S.L.", "S.A.", "S.L.U.", ""), ("es", "es", "com"), ("gmail.com", "hotmail.es", "yahoo.es"),
        _words("""
            Antonio María José Carmen Manuel Ana Francisco Isabel David Laura Juan Cristina Javier Marta Daniel Lucía
            Carlos Elena Jesús Pilar Alejandro Paula Miguel Raquel Rafael Sara Pedro Rosa Ángel Teresa Pablo Beatriz
            Sergio Nuria Fernando Silvia Jorge Patricia Luis Rocío Alberto Mónica Álvaro Andrea Diego Julia Adrián
            Inés Raúl Alba
        """),
        _words("""
            García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz
            Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez Serrano
            Blanco Molina
        """),
        _words("agui bal cal del esca fon gal her iba lar mon nava olm pala quin ri sala torr uri val zar car"),
        _words("rre da ñez lla ra do sa te ndo reta rro mar"),
    ),
    Country(
        "NL", ("Netherlands", "Nederland", "NL"), "31", 9,
        _cities("Amsterdam/NH Rotterdam/ZH Utrecht/UT Eindhoven/NB Groningen/GR Delft/ZH Breda/NB Arnhem/GE"),
        ("B.V.", "BV", "N.V.", ""), ("nl", "nl", "com", "eu"), ("gmail.com", "ziggo.nl", "hotmail.nl", "kpnmail.nl"),
        _words("""
            Jan Johannes Maria Cornelis Anna Hendrik Willem Peter Pieter Elisabeth Daan Sem Emma Julia Sanne Lotte
            Bram Lars Thijs Femke Anouk Marieke Jeroen Bas Tim Niels Ruben Maarten Joost Eline Iris Inge Monique
            Esther Wouter Sander Rik Koen
        """),
        _words("""
            Jong Jansen Vries Berg Bakker Dijk Visser Janssen Smit Meijer Boer Mulder Groot Bos Vos Peters Hendriks
            Leeuwen Dekker Brouwer Wit Dijkstra Smits Graaf Meer Linden Kok Jacobs Haan Vermeulen
        """),
        _words("aal bru dal ees fok gro hoe kam lin moe noor oos pol rij sch til vel wes zand bee"),
        _words("stra man huis veld dijk horst sma kerk broek meer"),
    ),
)  # fmt: skip
TRADES: Final = _words("""
            Logistics Foods Robotics Energy Textiles Clinics Systems Technologies Partners Design Media Industries
            Consulting Labs Retail Pharma Networks Analytics Engineering Chemicals Mobility Packaging Finance Software
            Building
        """)
COMPANY_STEMS: Final = _words("""
            acme nord blue harbor quanta silver red kestrel maple iron sun lark moon star aero eco urban deep rapid
            global alpha terra vita opti lumi core wave stone cedar otter phoenix summit delta orion apex nova zen
            pulse mira
        """)
COMPANY_ENDS: Final = _words("""
            tree wood bridge field wind peak gate dock scale point flow line works tec cast ford mark hub ix ora
        """)
TITLES: Final = _words("""
            Head_of_Sales VP_Marketing CEO CTO Founder Account_Executive Sales_Manager Marketing_Manager
            Operations_Manager Purchasing_Manager Software_Engineer Product_Manager HR_Manager Data_Analyst
            Office_Manager Business_Development_Manager Director_of_Finance Chief_Information_Officer IT_Manager
            Consultant Supply_Chain_Analyst Legal_Counsel
        """)
