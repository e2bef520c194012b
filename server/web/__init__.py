"""The pages: HTML first, every action a form, a fragment is a block of its page."""
