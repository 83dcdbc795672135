"""What a process that reads a stranger's file may take, and how it says no. Torch-free."""

MAX_FILE_BYTES = 200 * 2**20  # of a file that somebody brings along
MAX_SECONDS = 60
REFUSED = 3  # exit status; its output is a sentence then
TIMES_ITS_SIZE = 8  # memory that a file may take: its bytes, its numbers, copies in float32
ROOM = 2**29  # bytes beside that
