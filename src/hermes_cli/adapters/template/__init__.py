"""The cookiecutter template that a repo is made from: found, asked about, rendered; now or as it was."""

from .history import archives, content, pack, unpack
from .rendering import made_once, render
from .source import TemplateSource, address, bundled, newest, resolve, version_of
from .variables import Question, questions

__all__ = [
    "Question",
    "TemplateSource",
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
