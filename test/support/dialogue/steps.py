"""How methods become steps of scripts: the table of steps, and the options that several of them have."""
import re

STEPS = []  # (regular expression, kinds of actor, method)


def options(*which):
    """A regular expression for options in any order."""
    return "(?:" + "|".join(which) + ")*"


CREDENTIALS = (
    r" as (?P<user>[^@\s]+)(?:@(?P<host>[^/\s]+))?(?:/(?P<resource>\S+))?",
    r' with password "(?P<password>(?:[^"\\]|\\.)*)"',
    r" using (?P<mechanism>\S+)",
    r" bound to (?P<binding>\S+)",
    r" authorized as (?P<authzid>\S+)",
)
CONNECTION = (r" to (?P<listener>\S+)", r" from (?P<source>\S+)")
OVER_TLS = r" over TLS(?P<over_tls>)"
HANDSHAKE = (
    r" version (?P<version>1\.[0123])",
    r" with cipher (?P<cipher>\S+)",
    r" with ALPN (?P<alpn>\S+)",
    r" for (?P<server_name>\S+)",
    r" with certificate (?P<certificate>\S+)",
    r" resuming(?P<resumes>)",
)


def step(regex, *actors):
    """Registers a method for the steps whose verb fits the regular expression; without actors it is a client's."""

    def register(method):
        STEPS.append((re.compile(regex), actors, method.__name__))
        return method

    return register
