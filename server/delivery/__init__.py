"""How a message travels: intake → worker → dispatch → courier, and the feed that tells the pages."""
