"""How well our reading agrees with real Asterisk's, counted over whole collections of configurations."""
