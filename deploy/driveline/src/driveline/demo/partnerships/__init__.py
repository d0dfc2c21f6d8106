"""The demo's second story: schools ask, shops answer, and both hear of it by mail and text."""
