"""Who may do what: the actor, the permissions, the grants, the gate, and what the database is told."""
