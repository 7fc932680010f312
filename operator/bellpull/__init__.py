"""Bellpull: the friendlier front door to GitOps."""
