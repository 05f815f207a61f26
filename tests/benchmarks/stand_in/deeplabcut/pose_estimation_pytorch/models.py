"""Networks."""


class PoseModel:
    """A network."""

    @classmethod
    def build(cls, config: dict) -> "PoseModel":
        """Make one of random weights."""
        assert config["backbone"]["pretrained"] is False
        return cls()

    def state_dict(self) -> dict:
        """Give the weights."""
        return {"weights": 0}
