"""Files of other programs and our own: weights as safetensors."""
