"""Commands and buttons: each defers, builds a request and hands it over."""
