"""Animals that examples are rendered of: a module each, with keypoints, places, and how it is drawn."""
