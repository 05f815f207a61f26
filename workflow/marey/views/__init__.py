"""What people look at to judge an experiment: the report, clips, figures and moments to review."""
