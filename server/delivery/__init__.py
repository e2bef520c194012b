"""The way of a message: intake → worker → dispatch → courier, and the feed that tells open pages."""
