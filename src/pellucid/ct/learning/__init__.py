"""How the network was made: lumps of scans whose nodules are known, batches, teaching, and freezing."""
