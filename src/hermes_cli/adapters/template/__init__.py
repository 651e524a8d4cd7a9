"""Cookiecutter templates: ask their questions, render them, and keep the released versions of the bundled ones."""

from .bundled_templates import bundled, find_bundled, version_of
from .rendering import paths_made_once, render
from .template_archives import archives, content, pack, unpack
from .template_variables import Question, questions

__all__ = [
    "Question",
    "archives",
    "bundled",
    "content",
    "find_bundled",
    "pack",
    "paths_made_once",
    "questions",
    "render",
    "unpack",
    "version_of",
]
