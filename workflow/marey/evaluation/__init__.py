"""How good models, labels and tracks are: errors, calibrated confidence, animals, suspicious labels."""
