"""Suffixes of video files, by container."""

# Containers as FFmpeg calls them, and the suffixes under which each is right; the first is the one to recommend.
CONTAINER_SUFFIXES = {
    "mov,mp4,m4a,3gp,3g2,mj2": ("mp4", "mov", "m4v", "m4a", "3gp", "3g2", "mj2", "qt", "f4v"),
    "matroska,webm": ("mkv", "webm", "mk3d"),
    "avi": ("avi", "divx"),
    "mpegts": ("ts", "mts", "m2ts", "m2t"),
    "mpeg": ("mpg", "mpeg", "vob"),
    "mpegvideo": ("m2v", "m1v", "mpg", "mpeg", "mpv"),
    "flv": ("flv", "f4v"),
    "asf": ("wmv", "asf"),
    "ogg": ("ogv", "ogg"),
    "h264": ("h264", "264"),
    "hevc": ("h265", "265", "hevc"),
    "mjpeg": ("mjpeg", "mjpg"),
    "yuv4mpegpipe": ("y4m",),
    "gif": ("gif",),
}
