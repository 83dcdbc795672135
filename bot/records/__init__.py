"""The bot's memory: models, repositories and files. SQL stands here and nowhere else."""
