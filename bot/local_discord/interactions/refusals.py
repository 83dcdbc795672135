"""What a person cannot do: Discord's own client would not let them."""


class Impossible(Exception):
    """Discord's client would not let a person do this."""
