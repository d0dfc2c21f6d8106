"""The language of Driveline: every topic and event, and how they stand on the wire."""
