"""A run on disk: its folder, journal, codec and seal, and how a saved run is read again."""
