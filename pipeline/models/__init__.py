"""Models: their files, their parts, and what they compute."""

import logging

# diffusers imports bitsandbytes where it is installed, which then says at every start that it has
# no kernel for weights of 4 bits. Nothing here has such.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
