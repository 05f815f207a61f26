"""The experiment: its config, its sheet of videos, and what each stage reads of them."""
