"""Review: people verify and correct descriptions of faces, claim by claim. Importing it loads nothing heavy."""
