"""The cookiecutter template that a repo is made from: found, asked about, rendered; now or as it was."""

from .asking import Question, questions
from .history import archives, content, pack, unpack
from .rendering import made_once, render
from .source import Source, address, bundled, newest, resolve, version_of

__all__ = [
    "Question",
    "Source",
    "address",
    "archives",
    "bundled",
    "content",
    "made_once",
    "newest",
    "pack",
    "questions",
    "render",
    "resolve",
    "unpack",
    "version_of",
]
