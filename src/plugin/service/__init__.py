"""The two services of a SpaceONE webhook plugin.

They do not use the framework's `@transaction`: it logs whole requests, which may contain a token, and costs several times as
much as the plugin itself.
"""
