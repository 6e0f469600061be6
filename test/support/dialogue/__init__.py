"""dialogue: reads and plays wire scripts (test/wire/README.md says what they are)."""
