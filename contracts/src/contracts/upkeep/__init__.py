"""What keeps the published documents true: schemas, AsyncAPI, samples, and the check that no shape breaks."""
