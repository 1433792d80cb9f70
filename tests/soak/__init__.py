"""Many clients on our server, cancelled and cut off at random: `python -m soak` in tests."""
