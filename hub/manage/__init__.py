"""The operator's commands, and the runtime that starts, watches and stops every part of the hub."""
