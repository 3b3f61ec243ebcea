"""Connecting a CRM: the grant, whose org it is, and what has to be known of it before the first lead comes."""
