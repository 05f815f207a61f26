"""Training: examples, targets, losses, augmentation and the loop over the steps."""
