"""Web and mail hosts: whose one is, and when it is nobody's."""

import re
from functools import lru_cache
from typing import Final

from tldextract import TLDExtract

from scoring.match.folding import fold
from scoring.match.mailboxes import FREE

_PROVIDERS: Final = frozenset(
    """
    telia.com bsnl.in sfr.fr orange.pl neostrada.pl movistar.es vodafone.de bredband.net airtelmail.in hcl.in ono.com tlen.pl
    numericable.fr bbox.fr comhem.se telenor.se glocalnet.net tele2.se tele2.nl xs4all.nl chello.nl upcmail.nl casema.nl
    quicknet.nl online.nl caiway.nl kpnplanet.nl multimedia.pl inea.pl netia.pl vectra.pl upc.pl plus.pl play.pl orange.es
    vodafone.es vodafone.co.uk jazztel.es euskaltel.net r.es telefonica.com.br oi.com.br vivo.com.br claro.com.br brturbo.com.br
    globo.com globomail.com r7.com mtnl.net.in vsnl.com vsnl.net dataone.in reliancemail.net jio.com spectrum.net frontier.com
    centurylink.net windstream.net optonline.net suddenlink.net mediacombb.net rcn.com netcologne.de ewe.net ewetel.net
    mnet-online.de kabelmail.de unitybox.de vodafonemail.de o2online.de o2mail.de alice.it plusnet.com plus.net zen.co.uk
    ee.co.uk three.co.uk bt.com gmx.at gmx.ch aliceadsl.fr club-internet.fr neuf.fr cegetel.net bouyguestelecom.fr me.com
    proton.me pm.me tutanota.com tutanota.de fastmail.com hey.com zoho.com mail.com
    """.split()
)
"""Access and mail providers that the list of free ones lacks."""
_SHARED: Final = frozenset(
    """
    wordpress.com blogspot.com myshopify.com wixsite.com wix.com jimdosite.com jimdofree.com jimdo.com onmicrosoft.com
    sharepoint.com business.site squarespace.com weebly.com godaddysites.com tumblr.com webnode.com webnode.page
    webflow.io github.io gitlab.io netlify.app vercel.app herokuapp.com strikingly.com carrd.co site123.me ucraft.site
    mystrikingly.com webs.com yolasite.com bigcartel.com storenvy.com tiiny.site framer.website notion.site odoo.com
    hubspotpagebuilder.com hs-sites.com zendesk.com atlassian.net azurewebsites.net cloudfront.net pages.dev web.app
    firebaseapp.com canva.site my.canva.site shopware.store lojavirtualnuvem.com.br loja2.com.br home.blog
    """.split()
)
"""Where anybody may have a page: the full name of the host is somebody's."""
_extract: Final = TLDExtract(suffix_list_urls=())


@lru_cache(maxsize=400_000)
def read_host(text: str) -> str:
    """The registrable domain of an address, or a shared host's full name; empty where it says nothing."""
    host = re.sub(r"^[a-z]+:/*", "", text.strip().casefold()).partition("/")[0].partition("?")[0]
    host = host.rpartition("@")[2].partition(":")[0].strip(". ")
    if "." not in host or " " in host or len(host) > 200 or host in FREE or host in _PROVIDERS:
        return ""
    domain = _extract(host).top_domain_under_public_suffix
    if domain in _SHARED:
        return _own_page(host, domain)
    return "" if domain in FREE or domain in _PROVIDERS else domain


def _own_page(host: str, domain: str) -> str:
    name = host.removesuffix(domain).strip(".").rpartition(".")[2]
    return f"{name}.{domain}" if name and name != "www" else ""


@lru_cache(maxsize=400_000)
def label(host: str) -> str:
    """A host's name part as names are spelled here, run together."""
    return fold(host.partition(".")[0]).replace(" ", "").replace("ae", "a").replace("oe", "o").replace("ue", "u")
