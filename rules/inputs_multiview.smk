"""Input functions and targets of rigs of cameras, and of the sessions that they filmed."""


wildcard_constraints:
    rig=one_of(RIGS),
    session=one_of(SESSIONS),


BY_BOARD = sessions.calibrated_by_board(EXPERIMENT)
CALIBRATION = "multiview_board" if BY_BOARD else "multiview_file"
EXPORTED_CAMERAS = expand(
    "exports/cameras/{{rig}}.{format}", format=EXPERIMENT["export"]["cameras"]
)
OF_RIGS = ["cameras/{rig}.parquet", "calibration/{rig}.parquet", *EXPORTED_CAMERAS]
OF_BOARDS = ["calibration/{rig}/corners/{camera}.parquet"]
OF_BOARD_VIDEOS = expand(
    "calibration/{{rig}}/videos/{{camera}}/{name}.parquet", name=["probe", "frames"]
)
OF_SESSIONS = [
    *expand(
        "{name}/{{session}}.parquet",
        name=["sync", "points", "poses3d", "session_metrics"],
    ),
    *([] if SINGLE else ["matches/{session}.parquet"]),
    *(["reprojected/{session}.parquet"] if LABELLED or SUGGESTS else []),
    "clips/sessions/{session}.mp4",
    *expand("figures/{name}/{{session}}.png", name=["coverage", "rig", "limbs"]),
    *expand(
        "exports/sessions/{{session}}.{format}", format=EXPERIMENT["export"]["sessions"]
    ),
]


# Of rules whose wildcards are a rig and a camera, whatever the second one is called.


@cache
def board_files(rig, camera):
    """List the files in which a camera sees the board, relative to `data`, and whether they are images."""
    if camera not in RIGS[rig]:
        raise ValueError(f"camera '{camera}' is not in the sheet")
    paths = sessions.calibration_files(EXPERIMENT, rig, camera)
    return paths, sessions.shows_images(paths)


def board_video(wildcards):
    """Return the video in which a camera sees the board, for rules `ancient`: its fingerprint counts (`probing_board`)."""
    paths, images = board_files(*wildcards)
    return [] if images else source(paths[0])


def board_images(wildcards):
    """List the images in which a camera sees the board, where there is no video."""
    paths, images = board_files(*wildcards)
    return [source(path) for path in paths] if images else []


def board_frames(wildcards):
    """Return the frames of the video in which a camera sees the board."""
    rig, camera = wildcards
    path = f"<results>/calibration/{rig}/videos/{camera}/frames.parquet"
    return [] if board_files(rig, camera)[1] else path


def probing_board(wildcards):
    """Return what probing reads of such a video: config, path, and what tells that the file is another one."""
    (path, *_), _ = board_files(*wildcards)
    fingerprint = board_fingerprint(*wildcards)
    return {**stage("probe_board"), "path": path, "fingerprint": fingerprint}


@cache
def board_fingerprint(rig, camera):
    (path, *_), _ = board_files(rig, camera)
    probe = f"<results>/calibration/{rig}/videos/{camera}/probe.parquet"
    return fingerprint(path, probe)


def rig_corners(wildcards):
    """List what each camera of a rig sees of the board."""
    pattern = f"<results>/calibration/{wildcards.rig}/corners/{{camera}}.parquet"
    return expand(pattern, camera=RIGS[wildcards.rig])


def calibration_file(wildcards):
    """Return the file that the cameras of a rig are read from."""
    return source(sessions.calibration_files(EXPERIMENT, wildcards.rig)[0])


def reading_calibration(wildcards):
    """Return what the reading of a calibration reads: config, and the cameras of the rig."""
    return {**stage("read_calibration"), "names": RIGS[wildcards.rig]}


def posed_views(session):
    """Return the videos of a session that have poses, by camera, once it is known which can be used."""
    posed = set(posed_videos())
    views = SESSIONS[session].items()
    return {camera: video for camera, video in views if video in posed}


def posed_sessions():
    """List the sessions that at least two cameras have poses of."""
    return [session for session in SESSIONS if not session_fault(session)]


@cache
def session_fault(session):
    """Say, once, that too few videos of a session can be used, "" where there are enough: it stops this one alone."""
    number = len(posed_views(session))
    if number >= 2:
        return ""
    said = (
        f"session '{session}': {number} of its {len(SESSIONS[session])} videos can be analysed, and a point in space "
        "needs two; the report and the log of plan_shards say what is wrong with the others"
    )
    print(f"Not in space: {said}", file=sys.stderr)
    return said


def of_views(session, pattern):
    """List a file of each view of a session that has poses; ValueError where there are fewer than two."""
    if fault := session_fault(session):
        raise ValueError(fault)
    return expand(pattern, video=posed_views(session).values())


def session_cameras(wildcards):
    """Return the cameras of a session."""
    return f"<results>/cameras/{sessions.rig_of(EXPERIMENT, wildcards.session)}.parquet"


def session_tracks(wildcards):
    """List the tracks of each view of a session."""
    return of_views(wildcards.session, "<results>/tracks/{video}.parquet")


def session_matches(wildcards):
    """Return which tracks of a session are one individual, where there are several."""
    return [] if SINGLE else f"<results>/matches/{wildcards.session}.parquet"


def session_videos(wildcards):
    """List the files of the videos of a session, in the order of its tables."""
    session_tracks(wildcards)  # says what is wrong where there are too few
    return [
        source(VIDEOS[video]["path"])
        for video in posed_views(wildcards.session).values()
    ]


def session_frames(wildcards):
    """List the frames of each view of a session."""
    return of_views(wildcards.session, "<results>/videos/{video}/frames.parquet")


def session_probes(wildcards):
    """List what is known of the video of each view of a session."""
    return of_views(wildcards.session, "<results>/videos/{video}/probe.parquet")


def session_settings(name):
    """Return what a stage of a session reads, as a function of the wildcards."""
    return given(_session_settings, name)


def matching_views(wildcards):
    """Return what the matching of the views of a session reads."""
    session = wildcards.session
    return matching_config(EXPERIMENT, session, SESSIONS[session], VIDEOS)


def exporting_session(wildcards):
    """Return what the export of a session reads, by the sheet's row of its first video."""
    first, *_ = SESSIONS[wildcards.session].values()
    return export_config(EXPERIMENT, wildcards.format, VIDEOS[first], "export_session")


def _session_settings(name, wildcards):
    session = wildcards.session
    return session_config(EXPERIMENT, name, session, SESSIONS[session])


def films():
    """List the rigs and cameras that see the board in a video."""
    if not BY_BOARD:
        return []
    seen = [(rig, camera) for rig, cameras in RIGS.items() for camera in cameras]
    return [(rig, camera) for rig, camera in seen if not board_files(rig, camera)[1]]


def rig_targets():
    """List what can be asked for at once: the calibrations."""
    targets = filled(OF_RIGS, rig=RIGS)
    for rig, cameras in RIGS.items() if BY_BOARD else ():
        targets += filled(OF_BOARDS, rig=rig, camera=cameras)
    for rig, camera in films():
        targets += filled(OF_BOARD_VIDEOS, rig=rig, camera=camera)
    return targets


if workflow.is_main_process:
    sessions.check_calibrations(EXPERIMENT, SESSIONS)
    for film in films():
        board_fingerprint(*film)
    FINGERPRINTS.save()
