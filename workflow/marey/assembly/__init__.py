"""Assembly of individuals from keypoints: which candidates belong together, learnt and applied."""
