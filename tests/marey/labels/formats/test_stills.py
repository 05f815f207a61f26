from PIL import Image

from marey.labels.formats._stills import image_size, other_size


def test_the_size_is_that_of_the_upright_image(tmp_path):
    image = Image.new("L", (6, 4))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.jpg", exif=exif)
    assert image_size(tmp_path / "a.jpg") == (4, 6)
    assert other_size(tmp_path / "a.jpg", (4, 6)) == ""
    assert "a.jpg has 4 x 6 px, but was labelled with 8 x 12" in other_size(tmp_path / "a.jpg", (8, 12))


def test_nothing_is_said_of_what_is_not_known(tmp_path):
    (tmp_path / "b.png").write_text("no image")
    assert image_size(tmp_path / "b.png") is image_size(tmp_path / "c.png") is None
    assert other_size(tmp_path / "b.png", (1, 1)) == other_size(tmp_path / "b.png", (None, 0)) == ""
