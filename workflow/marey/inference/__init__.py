"""Networks on pictures: finding keypoints in labelled frames, in shards of videos and live."""
