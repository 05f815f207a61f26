"""What a network that is trained further learnt before and is shown again: loaded by name, where it is asked for."""
