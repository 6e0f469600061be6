"""Reads a wire script: settings, then steps. Nothing is played here; what a step means is in play.py."""
import re
import textwrap
import tomllib
from dataclasses import dataclass, field

ACTORS = ("server", "ctl", "log", "config", "file", "wait", "partner")
DURATION = re.compile(r" within (\d+(?:\.\d+)?)(ms|s)$")


class ScriptError(Exception):
    """The script itself is wrong."""


@dataclass
class Account:
    user: str
    host: str
    password: str


@dataclass
class Step:
    line: int
    who: str  # a client, or one of ACTORS
    verb: str  # "receives", without the actor, the duration and the colon
    text: str | None  # what stands behind the colon
    seconds: float | None  # within

    def __str__(self):
        head = f"[{self.who}] {self.verb}" if self.who not in ACTORS else f"{self.who} {self.verb}"
        return head if self.text is None else f"{head}: {self.text}"


@dataclass
class Script:
    path: str
    title: str = ""
    accounts: list = field(default_factory=list)
    hosts: list = field(default_factory=lambda: ["localhost"])
    modules: dict = field(default_factory=dict)
    config: str = ""
    listeners: dict = field(default_factory=dict)  # name -> TOML text
    components: dict = field(default_factory=dict)  # the same of those for components
    environment: dict = field(default_factory=dict)  # variables of the server
    partners: list = field(default_factory=list)
    loops: int | None = None
    patience: float = 5.0
    steps: list = field(default_factory=list)


def duration(text):
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s)", text)
    if not match:
        raise ScriptError(f"not a duration: {text}")
    return float(match[1]) / (1000 if match[2] == "ms" else 1)


def split_list(text):
    """Splits at commas that are not in parentheses or quotes."""
    items = re.findall(r'(?:[^,("]|"[^"]*"|\((?:[^()"]|"[^"]*"|\([^()]*\))*\))+', text)
    return [item.strip() for item in items if item.strip()]


def read_account(text, host):
    match = re.fullmatch(r'([^@\s]+)(?:@(\S+))?(?: \(password "(.*)"\))?', text)
    if not match:
        raise ScriptError(f"not an account: {text}")
    return Account(match[1], match[2] or host, match[3] or "secret")


def read_module(text):
    match = re.fullmatch(r"([a-z0-9_]+)(?: \((.*)\))?", text, re.DOTALL)
    if not match:
        raise ScriptError(f"not a module: {text}")
    name = match[1] if match[1].startswith("mod_") else "mod_" + match[1]
    return name, tomllib.loads("x = {" + (match[2] or "") + "}")["x"]


def set_option(script, name, text):
    """One setting; accounts are kept as text until the hosts are known."""
    if name == "accounts":
        script.accounts += split_list(text)
    elif name == "hosts":
        script.hosts = split_list(text)
    elif name == "modules":
        script.modules.update(read_module(item) for item in split_list(text))
    elif name == "config":
        script.config += text + "\n"
    elif name == "partners":
        script.partners = split_list(text)
        if not set(script.partners) <= {"web", "ldap", "program"}:
            raise ScriptError(f"there are no such partners: {text}")
    elif name == "loops":
        script.loops = int(text)
    elif name == "patience":
        script.patience = duration(text)
    elif name == "environment":
        script.environment.update(item.split("=", 1) for item in split_list(text))
    elif name.startswith("listener "):
        script.listeners[name.removeprefix("listener ").strip()] = text
    elif name.startswith("component "):
        script.components[name.removeprefix("component ").strip()] = text
    else:
        raise ScriptError(f"no such setting: {name}")


def split_head(line):
    """Who and what of the first line of a step, or None if it is a setting."""
    client = re.match(r"\[([^\]\s]+)\]\s+(.*)", line)
    if client:
        return client[1], client[2]
    actor, _, rest = line.partition(" ")
    return (actor, rest) if actor in ACTORS else None


def cut_colon(text):
    """The part before the colon that ends the head, and the part behind it (None without one). A colon in quotes or in an address is
    none: the one meant is followed by a space or ends the line."""
    match = re.match(r'((?:[^":]|"(?:[^"\\]|\\.)*"|:(?!\s|$))*):(?:\s+(.*)|$)', text, re.DOTALL)
    return (match[1], match[2] or "") if match else (text, None)


def lines_with_blocks(text):
    """(number, line, indented text below it) for each line that begins in the first column."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] in (" ", "\t") and line.strip():
            if not found:
                raise ScriptError(f"line {number}: indented, but there is nothing it belongs to")
            found[-1][2].append(line)
        elif not line.strip():
            if found and found[-1][2]:
                found[-1][2].append("")
        else:
            found.append((number, line.rstrip(), []))
    return [(number, line, textwrap.dedent("\n".join(block)).strip("\n")) for number, line, block in found]


def read_step(number, who, rest, block):
    head, inline = cut_colon(rest)
    if inline is None and block:
        raise ScriptError("an indented block needs a colon at the end of the line above it")
    if inline and block:
        raise ScriptError("text both behind the colon and below it")
    seconds = DURATION.search(head)
    if seconds:
        head = head[: seconds.start()]
    text = None if inline is None else inline or block
    return Step(number, who, head.strip(), text, seconds and duration(seconds[1] + seconds[2]))


def read(path, text):
    """The Script of this text; ScriptError names the line."""
    script = Script(path)
    for number, line, block in lines_with_blocks(text):
        try:
            if line.startswith("#"):
                script.title = script.title or line.lstrip("# ").strip()
                continue
            head = split_head(line)
            if head:
                script.steps.append(read_step(number, *head, block))
                continue
            if script.steps:
                raise ScriptError("a setting stands before the first step")
            name, inline = cut_colon(line)
            if inline is None:
                raise ScriptError(f"neither a setting nor a step: {line}")
            set_option(script, name, inline or block)
        except (ScriptError, tomllib.TOMLDecodeError, ValueError) as error:
            raise ScriptError(f"{path}:{number}: {error}") from None
    script.accounts = [read_account(item, script.hosts[0]) for item in script.accounts]
    if not script.steps:
        raise ScriptError(f"{path}: no step")
    return script
