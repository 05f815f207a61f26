"""Input functions of labelling: the videos that have poses, and which frames people are asked to label."""


def predicted_poses(wildcards):
    """List the poses of all videos that get some."""
    return expand("<results>/smoothed/{video}.parquet", video=videos_with_poses())


def posed_video_files(wildcards):
    """List the files of the videos of `predicted_poses`, in the same order."""
    return [source(VIDEOS[video]["path"]) for video in videos_with_poses()]


def posed_video_probes(wildcards):
    """List their tables `probe`."""
    return expand("<results>/videos/{video}/probe.parquet", video=videos_with_poses())


def posed_video_frames(wildcards):
    """List their tables `frames`."""
    return expand("<results>/videos/{video}/frames.parquet", video=videos_with_poses())


def videos_with_poses():
    """List the videos that get poses; none where there is no model, nor another tool's predictions."""
    return posed_videos() if NEEDS_NETWORKS or PREDICTED else []


def labels_and_splits(name):
    """Return a table of all labels; `splits` keeps test frames apart, which are some where a model is trained here."""
    there = TRAINS and NEEDS_NETWORKS if name == "splits" else LABELLED
    return f"<results>/labels/{name}.parquet" if there else []


# Whether kits show what other cameras see.
SUGGESTS = bool(SESSIONS) and EXPERIMENT["labelling"]["reprojected"]


def reprojected_labels(wildcards):
    """List where labels should be by the other cameras, in each session in space."""
    names = posed_sessions() if SESSIONS else []
    return expand("<results>/reprojected/{session}.parquet", session=names)


def frames_to_label(wildcards):
    """Return the frames that the kit holds: once there are poses, those that these are worst in."""
    return f"<results>/{'outliers/' if videos_with_poses() else ''}samples.parquet"
