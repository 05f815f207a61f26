"""Fonts for names in any script: those that are installed here, and what to write where none has a character."""

from functools import cache

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from PIL import ImageFont

MAX_NAME = 24  # characters of a name in figures, where names stand side by side

# The first comes with matplotlib: Latin, Greek, Cyrillic, Arabic and more. The others come with systems and have
# Chinese, Japanese and Korean characters, or many scripts.
FAMILIES = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "PingFang SC",
    "Hiragino Sans",
    "Apple SD Gothic Neo",
    "Microsoft YaHei",
    "SimHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Arial Unicode MS",
)


@cache
def installed() -> dict[str, str]:
    """Find those of FAMILIES that are on this machine: the file of each, by name, in their order."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    return {name: font_manager.findfont(name) for name in FAMILIES if name in known}


@cache
def _covered(file: str) -> frozenset[int]:
    """The characters of a font file."""
    return frozenset(FT2Font(file).get_charmap())


def readable(text: str) -> str:
    """Write a character that no font here has as its number, such as [U+9F3B], rather than an empty box."""
    if text.isascii():
        return text
    known = [_covered(file) for file in installed().values()]
    return "".join(
        sign if sign.isspace() or any(ord(sign) in font for font in known) else f"[U+{ord(sign):04X}]" for sign in text
    )


def short_name(name: str) -> str:
    """Write a name with its middle left out where it is too long to stand beside others in a figure."""
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 9]}\N{HORIZONTAL ELLIPSIS}{name[-8:]}"


def picture_font(text: str, size: int) -> ImageFont.FreeTypeFont:
    """Choose the font of `size` px that writes a readable text on images: Pillow's own where that has all of it."""
    if text.isascii():
        return ImageFont.load_default(size)
    lacking = {file: sum(ord(sign) not in _covered(file) for sign in text) for file in installed().values()}
    return _open(min(lacking, key=lacking.get), size)


@cache
def _open(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)
