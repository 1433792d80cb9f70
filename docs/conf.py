"""How Sphinx builds these pages: `nox -s docs` puts them into build/docs/."""

import os
import sys

import anyftp

project = "anyftp"
author = "the anyftp contributors"
version = release = anyftp.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
exclude_patterns = ["examples"]
sys.path.insert(0, os.path.dirname(__file__))
extensions += ["command_pages", "options", "summaries", "elsewhere", "sphinx.ext.intersphinx"]
myst_heading_anchors = 3

#: A name in a docstring leads to what it names, if that stands in the reference.
default_role = "py:obj"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True}
#: `type[...]` in a signature is Python's own word, whatever attributes are called so.
suppress_warnings = ["ref.python"]
autodoc_mock_imports = ["coredis", "distributed"]  # they are described, not run
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # attributes of a NamedTuple are listed once already

autosummary_generate = False  # the tables are all that is wanted

smartquotes_action = "qe"  # quotation marks and dots, but two dashes begin an option

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_title = "anyftp"

man_pages = [("command", "anyftp", "move files over FTP, with limits that hold", author, 1)]
