"""The people's side: what Discord's own client lets them do, and the control API that does it."""
