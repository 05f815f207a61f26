"""The data contract: one small module per table, and `files` for reading and writing them.

Nothing is imported here, so that a stage depends on the tables that it names and on no other.
"""
