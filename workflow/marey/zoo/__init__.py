"""The zoo: trained models that come with Marey, by name, and the names that laboratories give to the same keypoint."""
