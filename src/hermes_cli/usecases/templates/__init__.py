"""Render a template into a repo, a project or a script, and merge its later changes."""
