"""The demo: real schools and shops, pay drawn from official percentiles, an outside producer, a page that sums up."""
