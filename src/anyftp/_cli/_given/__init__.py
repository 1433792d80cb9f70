"""What people give: URLs, amounts, what comes through standard input."""
