"""Recognition: what tells the animals of a video apart, learnt from the video itself."""
