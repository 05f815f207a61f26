"""Input functions and targets of sessions: what several cameras filmed."""


wildcard_constraints:
    session=one_of(SESSIONS),


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
    """Return what the export of a session reads, by the sheet's rows of its videos."""
    row = session_row(SESSIONS[wildcards.session], VIDEOS)
    return export_config(EXPERIMENT, wildcards.format, row, "export_session")


def _session_settings(name, wildcards):
    session = wildcards.session
    return session_config(EXPERIMENT, name, session, SESSIONS[session])
