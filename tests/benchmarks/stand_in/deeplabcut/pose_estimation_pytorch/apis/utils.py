"""Runs networks."""

from pathlib import Path


class Runner:
    """Takes images and finds one animal in each."""

    def inference(self, images) -> list[dict]:
        """Look at images."""
        return [{"bodyparts": image.mean()} for image in images]


def get_pose_inference_runner(config: dict, snapshot: Path, *, batch_size: int, device: str) -> Runner:
    """Make one."""
    assert snapshot.exists()
    return Runner()
