"""What people look at to judge an experiment: the page that a run ends with, and what it is made from."""
