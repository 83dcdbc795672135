"""A page with a picture for every control there is, made by the real line on a configured model."""
