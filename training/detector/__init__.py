"""Teaching the frame detector: speech, music or noise every 10 ms, from mixtures whose sides are known."""
