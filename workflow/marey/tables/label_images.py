"""`label_images`: labelled images that lie inside label files, one row each."""

import pyarrow as pa

from marey.tables.columns import column, table

LABEL_IMAGES = table(
    "label_images",
    [
        column("image", pa.string(), "the image, as the column `image` of `labels` names it"),
        column("encoded", pa.binary(), "the image, as the label file holds it: PNG, JPEG, ..."),
    ],
    sort=["image"],
)
