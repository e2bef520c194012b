"""What a person or an API client may do: verbs, shared by the pages, the API and the command line."""
