"""The two services of a SpaceONE webhook plugin.

They carry no `@transaction` of the framework: it logs each request whole (a message may hold a token) and costs several
times what the plugin itself does.
"""
