"""Open the repo that a command works in: settings, projects, git, stores."""
