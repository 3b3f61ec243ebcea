"""`leadline demo`: the whole of Leadline on this machine, against sandbox CRMs, from a signed webhook to written fields."""
