"""How Sphinx builds these pages: `nox -s docs` puts them into build/docs/."""

import anyftp

project = "anyftp"
author = "the anyftp contributors"
version = release = anyftp.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["examples"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_mock_imports = ["coredis", "distributed"]  # they are described, not run
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # attributes of a NamedTuple are listed once already

html_theme = "furo"
html_title = "anyftp"
