"""Which account a lead belongs to: candidates by domain, name and phone, then one of a group, with its reasons. No I/O."""
