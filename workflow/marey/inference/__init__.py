"""Networks on images: finding keypoints in labelled frames, in shards of videos and live."""
