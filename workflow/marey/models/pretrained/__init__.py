"""Pretrained weights of trunks, from PyTorch's and safetensors files, without PyTorch."""
