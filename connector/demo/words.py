"""What made-up people are made of. Nobody here exists: domains end in .example (RFC 2606), numbers are kept for fiction."""

from typing import Final

FIRST_NAMES: Final = tuple(
    """
    Ada Adrian Aisha Alba Alice Amara Andrea Anjali Anton Arjun Astrid Bela Bruno Camila Carla Chloe Clara Daniel Dario Deepa
    Dina Elena Elias Emma Erik Esra Eva Fatima Felix Finn Freya Gabriel Grace Hana Hugo Ines Ingrid Ivan Jana Javier Jonas Julia
    Kai Karim Kavya Lara Lars Leila Leo Lina Luca Lucia Magnus Maja Marco Maria Mateo Maya Mila Nadia Neha Nils Nina Noah Nora
    Olga Oscar Pablo Paula Petra Priya Rafael Rahul Rosa Samir Sara Selma Simon Sofia Stefan Tara Theo Tina Tomas Uma Vera
    Victor Yara Yusuf Zoe
    """.split()
)

LAST_NAMES: Final = tuple(
    """
    Abel Almeida Andersen Arslan Bauer Becker Bergmann Bianchi Blake Bose Brandt Carter Castillo Chandra Chen Costa Cruz Dahl
    Das Delgado Desai Dietrich Dubois Ekstrom Engel Evans Farkas Fernandes Fischer Foster Garcia Gupta Haas Hansen Hartmann
    Hayes Hoffmann Horvat Ibrahim Iyer Jansen Jensen Joshi Kaiser Kapoor Keller Khan Klein Kowalski Kumar Lambert Lang Larsen
    Lindqvist Lopez Madsen Mehta Mendes Meyer Moreau Moretti Nair Navarro Nguyen Novak Olsen Ortega Patel Pereira Petrov Pham
    Quinn Rao Reyes Richter Rossi Sato Schmid Schreiber Sharma Silva Singh Sousa Steiner Tanaka Thomsen Torres Varga Vogel Wagner
    Walker Weber Winter Wolff Yilmaz Young Zimmer
    """.split()
)

FIRM_NAMES: Final = tuple(
    """
    Alder Amber Arbor Atlas Basalt Beacon Birch Borealis Cedar Cobalt Comet Copper Coral Delta Ember Falcon Fern Granite Harbor
    Helios Heron Indigo Juniper Kestrel Lagoon Larch Lumen Maple Meridian Mesa Mistral Nimbus Northwind Ochre Onyx Opal Orchard
    Osprey Pebble Pine Polaris Quartz Raven Ridge Saffron Sierra Slate Solstice Summit Talus Tidal Umber Vertex Willow Zephyr
    """.split()
)

FIRM_KINDS: Final = tuple(
    "Analytics Capital Clinics Components Consulting Dynamics Energy Foods Freight Group Labs Logistics Media Networks Partners "
    "Retail Robotics Services Software Systems Works".split()
)

LEGAL_FORMS: Final = ("Inc", "Ltd", "GmbH", "BV", "SA", "LLC", "AG", "")

TITLES: Final = (
    ("VP Sales", 4), ("Head of Marketing", 4), ("Chief Revenue Officer", 2), ("CEO", 3), ("Founder", 2),
    ("Director of Operations", 4), ("Sales Director", 4), ("Marketing Manager", 6), ("Sales Manager", 6),
    ("Operations Manager", 4), ("IT Manager", 4), ("CTO", 2), ("Head of Customer Success", 2), ("Product Manager", 3),
    ("Marketing Specialist", 4), ("Business Development Manager", 4), ("Account Executive", 4), ("Software Engineer", 5),
    ("HR Manager", 2), ("Finance Director", 2), ("Procurement Manager", 2), ("Leiter Vertrieb", 1),
    ("Directeur Commercial", 1), ("Sales Operations Analyst", 3), ("Marketing Assistant", 3), ("Junior Consultant", 3),
    ("Office Manager", 2), ("Intern", 2), ("Student", 2), ("Legal Counsel", 1), ("Data Analyst", 3),
)  # fmt: skip
"""Job title and how often it comes."""

EMPLOYEES: Final = ((4, 10), (9, 8), (25, 12), (60, 12), (140, 14), (320, 14), (750, 12), (1_800, 8), (4_200, 5), (12_000, 5))

INDUSTRIES: Final = (
    ("Technology", 22), ("Consulting", 12), ("Finance", 8), ("Manufacturing", 12), ("Healthcare", 8), ("Retail", 8),
    ("Media", 6), ("Education", 6), ("Insurance", 5), ("Telecommunications", 4), ("Transportation", 4), ("Government", 3),
    ("Not For Profit", 2),
)  # fmt: skip

COUNTRIES: Final = (
    ("United States", 30), ("Germany", 14), ("United Kingdom", 12), ("France", 7), ("Netherlands", 6), ("Canada", 6),
    ("India", 6), ("Spain", 5), ("Sweden", 4), ("Brazil", 4), ("Australia", 3), ("Singapore", 3),
)  # fmt: skip

SOURCES: Final = (
    ("Web", 26), ("Organic Search", 20), ("Partner Referral", 12), ("Webinar", 10), ("Paid Search", 12), ("LinkedIn", 10),
    ("Trade Show", 5), ("Purchased List", 5),
)  # fmt: skip

AREA_CODES: Final = (
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234, 239, 240,
    248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 272, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313,
    314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336, 337, 339, 346, 347, 351, 352, 360, 361, 364, 385, 386,
    401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 430, 432, 434, 435, 440, 442, 443,
)  # fmt: skip
"""Of the United States. In each, 555-0100 to 555-0199 are kept for fiction (NANPA)."""
