"""The subcommands of `marey`, one module each, loaded when it is used."""
