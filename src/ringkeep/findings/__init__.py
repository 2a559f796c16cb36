"""Something wrong with a phone system or its backups, with its evidence, and the alarms that tell people of it."""
