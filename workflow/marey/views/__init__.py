"""What people look at: clips, figures and moments to review."""
