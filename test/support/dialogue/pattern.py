"""Patterns of what must arrive: XML elements and JSON values."""
import json
import re
from xml.etree import ElementTree

from dialogue.text import Mismatch, fits

STREAMS = "http://etherx.jabber.org/streams"
OPEN, CLOSE, ELEMENT = "open", "close", "element"


def elements(text, ns="jabber:client"):
    """The top-level elements of a text in which the usual namespaces are declared."""
    try:
        return list(ElementTree.fromstring(f"<x xmlns='{ns}' xmlns:stream='{STREAMS}'>{text}</x>"))
    except ElementTree.ParseError as error:
        raise ValueError(f"not XML ({error}): {text}") from None


def parse(text, ns="jabber:client"):
    """[(OPEN or CLOSE or ELEMENT, pattern)] of a block: stanzas, a stream header, a closing tag."""
    items = []
    text = re.sub(r"<\?xml.*?\?>", "", text)
    header = re.match(r"\s*(<stream:stream(?:\s[^>]*)?)(?<!/)>", text)
    if header:
        items.append((OPEN, elements(header[1] + "/>", ns)[0]))
        text = text[header.end() :]
    closing = re.search(r"</stream:stream\s*>\s*$", text)
    if closing:
        text = text[: closing.start()]
    items += [(ELEMENT, element) for element in elements(text, ns)]
    if closing:
        items.append((CLOSE, None))
    if not items:
        raise ValueError("a pattern is missing")
    return items


def split_tag(tag):
    """Namespace and local name of an ElementTree tag."""
    if not tag.startswith("{"):
        return "", tag
    ns, _, name = tag[1:].rpartition("}")
    return ns, name


def is_absent(pattern):
    return (pattern.text or "").strip() == "{absent}" and len(pattern) == 0


def match_attributes(pattern, actual, values, exact):
    for name, wanted in pattern.attrib.items():
        got = actual.get(name)
        if wanted == "{absent}":
            if got is not None:
                raise Mismatch(f"<{split_tag(actual.tag)[1]}> has the attribute {name}='{got}'")
        elif got is None:
            raise Mismatch(f"<{split_tag(actual.tag)[1]}> has no attribute {name}")
        elif not fits(wanted, got, values):
            raise Mismatch(f"attribute {name} of <{split_tag(actual.tag)[1]}> is '{got}', expected '{wanted}'")
    extra = sorted(set(actual.attrib) - set(pattern.attrib))
    if exact and extra:
        raise Mismatch(f"<{split_tag(actual.tag)[1]}> has more attributes than expected: {', '.join(extra)}")


def match_children(pattern, actual, values, exact):
    left = list(actual)
    for wanted in pattern:
        reasons = []
        for child in left:
            attempt = dict(values)
            try:
                match_element(wanted, child, attempt, exact)
            except Mismatch as reason:
                if split_tag(child.tag)[1] == split_tag(wanted.tag)[1]:
                    reasons.append(str(reason))
                continue
            values.update(attempt)
            left.remove(child)
            break
        else:
            if not is_absent(wanted):
                raise Mismatch(
                    reasons[0] if reasons else f"<{split_tag(actual.tag)[1]}> has no child <{split_tag(wanted.tag)[1]}>"
                )
            continue
        if is_absent(wanted):
            raise Mismatch(f"<{split_tag(actual.tag)[1]}> has a child <{split_tag(wanted.tag)[1]}>")
    if exact and left:
        raise Mismatch(f"<{split_tag(actual.tag)[1]}> has more children than expected: {split_tag(left[0].tag)[1]}")


def match_element(pattern, actual, values, exact=False):
    """Raises Mismatch if the element does not match; captures go into values."""
    wanted_ns, wanted_name = split_tag(pattern.tag)
    ns, name = split_tag(actual.tag)
    if (ns, name) != (wanted_ns, wanted_name):
        raise Mismatch(f"got <{name} xmlns='{ns}'>, expected <{wanted_name} xmlns='{wanted_ns}'>")
    match_attributes(pattern, actual, values, exact)
    wanted = (pattern.text or "").strip()
    text = "".join([actual.text or ""] + [child.tail or "" for child in actual]).strip()
    if wanted == "{absent}":
        return
    if wanted == "{empty}":
        if text or len(actual):
            raise Mismatch(f"<{name}> is not empty")
        return
    if (wanted or exact and not len(pattern)) and not fits(wanted, text, values):
        raise Mismatch(f"the text of <{name}> is '{text[:300]}', expected '{wanted}'")
    match_children(pattern, actual, values, exact)


def match_json(pattern, actual, values, path="the answer"):
    """Raises Mismatch unless every key of the pattern is there with a value that matches; lists match in full. A pattern that is a string
    beginning with {/ stands for a number, too."""
    if isinstance(pattern, str) and pattern == "{any}":
        return
    if isinstance(pattern, str) and pattern.startswith("{/") and type(actual) is int:
        actual = str(actual)
    if isinstance(pattern, str) and isinstance(actual, str):
        if not fits(pattern, actual, values):
            raise Mismatch(f"{path} is {json.dumps(actual)}, expected {json.dumps(pattern)}")
    elif isinstance(pattern, dict) and isinstance(actual, dict):
        for key, wanted in pattern.items():
            if key not in actual:
                raise Mismatch(f"{path} has no {key}: {json.dumps(actual)}")
            match_json(wanted, actual[key], values, f"{path}.{key}")
    elif isinstance(pattern, list) and isinstance(actual, list):
        if len(pattern) != len(actual):
            raise Mismatch(f"{path} has {len(actual)} items, expected {len(pattern)}: {json.dumps(actual)}")
        for index, wanted in enumerate(pattern):
            match_json(wanted, actual[index], values, f"{path}[{index}]")
    elif pattern != actual or isinstance(pattern, bool) != isinstance(actual, bool):
        raise Mismatch(f"{path} is {json.dumps(actual)}, expected {json.dumps(pattern)}")
