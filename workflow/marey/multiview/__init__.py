"""Several calibrated cameras: from what each sees of an animal to where it is in space."""
