"""The experiment: what its config, its sheet and its corrections say."""
