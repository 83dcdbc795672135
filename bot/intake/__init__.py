"""What was typed, pressed or attached, made into requests. Refused here or never."""
