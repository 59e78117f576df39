"""Readers: from files to the standard tables, refused rows with their reasons."""
