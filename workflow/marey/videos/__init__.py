"""Video files: reading and probing them, what is wrong with them, and their cutting into shards."""
