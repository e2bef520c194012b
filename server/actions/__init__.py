"""The actions of people and API clients, shared by the pages, the API and the command line."""
