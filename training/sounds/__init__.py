"""What is done to sounds: changes, rooms, made-up sounds, phrases, bleed."""
