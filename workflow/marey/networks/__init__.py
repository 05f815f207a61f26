"""The networks: layers, backbones by name, the pose network and what it puts out."""
