"""What a CRM looks like before Leadline has done anything there: read, counted, frozen, shown. Nothing here writes to a CRM.

reading     connection ► material, in bounded calls      connector/audit/reading.py
count       material ► figures                           connector/audit/counting.py and the files it names
freeze      figures ► one row that never changes         connector/store/audits.py
show        figures ► findings, page                     connector/audit/findings.py, page.py
"""
