"""The ways out of the house, one file each."""
