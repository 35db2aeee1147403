"""The buffered reference: whole tape, whole graph, whole module, whole text.

It is the second witness of the streamed path and shares with it the dialect and the printer of
attributes, and no chunk, log or sweep code.
"""
