"""Law as dated data: clauses, parameters, editions. Nothing here is legal advice or a claim about anybody's duty."""
