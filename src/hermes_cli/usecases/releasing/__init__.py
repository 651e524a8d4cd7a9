"""Publish what was built: targets, drafts, plans, the write protocol and its named copies."""
