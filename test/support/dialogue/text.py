"""Placeholders: what {braces} mean in texts that are sent and in texts that are expected."""
import base64
import hmac
import re
from xml.sax.saxutils import escape

PLACEHOLDER = re.compile(
    r'\{(?:(?P<base64>base64 "(?P<bytes>(?:[^"\\]|\\.)*)")'
    r'|"(?P<unit>(?:[^"\\]|\\.)*)" x (?P<count>\d+)'
    r"|(?P<role>proof|answer) of (?P<token>[a-z][A-Za-z0-9_.-]*)(?: by (?P<user>[^}]+))?"
    r"|/(?P<regex>(?:[^/\\]|\\.)*)/"
    r"|(?P<name>[a-z][A-Za-z0-9_.-]*))\}"
)
ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0", "\\": b"\\", '"': b'"', "'": b"'"}


class Mismatch(Exception):
    """What was expected did not happen; the text says what did."""


def unescape(text):
    """The bytes of the inside of a C string."""
    out = b""
    position = 0
    while position < len(text):
        if text[position] != "\\":
            out += text[position].encode()
            position += 1
        elif text[position + 1] == "x":
            out += bytes([int(text[position + 2 : position + 4], 16)])
            position += 4
        else:
            out += ESCAPES[text[position + 1]]
            position += 2
    return out


def strings(text):
    """The joined bytes of one or more C strings: "ab" "\\x00"."""
    pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    if not pieces or re.sub(r'"(?:[^"\\]|\\.)*"', "", text).strip():
        raise ValueError(f'expected "strings", got {text!r}')
    return b"".join(unescape(piece) for piece in pieces)


def proof(match, values):
    """What shows that a client, or the server, has a token (XEP-0484, HT-SHA-256-NONE)."""
    key = values[match["token"]].encode()
    if match["role"] == "answer":
        return base64.b64encode(hmac.digest(key, b"Responder", "sha256")).decode()
    return base64.b64encode(match["user"].encode() + b"\0" + hmac.digest(key, b"Initiator", "sha256")).decode()


def literal(match, values):
    """The text of a placeholder that stands for itself, or None."""
    if match["base64"]:
        return base64.b64encode(unescape(match["bytes"])).decode()
    if match["count"]:
        return unescape(match["unit"]).decode() * int(match["count"])
    if match["role"] and match["token"] in values:
        return proof(match, values)
    return None


def fill(text, values, xml=False):
    """The text with its placeholders replaced; names that are not known stay as they are."""

    def replace(match):
        value = literal(match, values)
        if value is not None:
            return value
        if match["name"] not in values:
            return match[0]
        value = values[match["name"]]
        return escape(value, {"'": "&apos;", '"': "&quot;"}) if xml else value

    return PLACEHOLDER.sub(replace, text)


def fits(pattern, actual, values):
    """True if the actual text fits the pattern; names that are new are captured into values."""
    regex, position, names = "", 0, []
    for match in PLACEHOLDER.finditer(pattern):
        regex += re.escape(pattern[position : match.start()])
        position = match.end()
        value = literal(match, values)
        if value is not None:
            regex += re.escape(value)
        elif match["regex"] is not None:
            regex += f"(?:{match['regex']})"
        elif match["name"] == "any":
            regex += ".*"
        elif match["name"] in values:
            regex += re.escape(values[match["name"]])
        elif match["name"] in names:
            regex += f"(?P=capture{names.index(match['name'])})"
        else:
            regex += f"(?P<capture{len(names)}>.*)"
            names.append(match["name"])
    regex += re.escape(pattern[position:])
    found = re.fullmatch(regex, actual, re.DOTALL)
    if not found:
        return False
    for index, name in enumerate(names):
        values[name] = found[f"capture{index}"]
    return True
