"""The installed `hermes` command against real git repos, directories and a real S3 server."""
