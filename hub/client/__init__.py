"""The members' command line `alliance`: it keeps identifiers at home and sends only tokens.

Imports the pure packages, `hub.clock` and third-party packages; nothing of the server.
"""
