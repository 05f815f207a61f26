"""Configs of networks."""


class PoseConfig(dict):
    """The config of a network of a project."""

    @classmethod
    def build(cls, project: dict, path: object, *, top_down: bool, net_type: str) -> "PoseConfig":
        """Make it."""
        assert project["bodyparts"]
        assert not top_down
        return cls(model={"backbone": {"model_name": net_type}})

    def to_dict(self) -> dict:
        """Give plain values."""
        return dict(self)
