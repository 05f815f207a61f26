"""Input functions and targets of rigs: where the cameras of sessions come from."""


wildcard_constraints:
    rig=one_of(RIGS),


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
