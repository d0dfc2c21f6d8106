"""One file for each sub-command: options in, one call, an answer in lines or JSON."""
