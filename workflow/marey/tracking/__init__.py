"""Who is who from frame to frame, what a person corrects of it, and positions that are smoothed in time."""
