"""Times as people of each country write them, where Django writes them otherwise."""
