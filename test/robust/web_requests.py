"""HTTP listeners from outside: what docs/differences.md and docs/http.md promise of them."""
import gzip
import json
import re
import ssl
import subprocess
from xml.etree import ElementTree

from dialogue.text import Mismatch
from webbed import HOST, PREFACE, Client, context, frame, start
from world import case, require, wait_until

SETTINGS, HEADERS, GOAWAY = 4, 1, 7


@case()
def one_listener(world):
    """T-HTTP-01, T-HTTP-02, T-HTTP-03: hosts, paths, methods, reload"""
    handlers = (
        ("mongoose_prometheus_handler", "_", "/metrics"),
        ("mongoose_prometheus_handler", "one.example", "/one"),
    )
    start(world, handlers=handlers)
    with Client(world) as client:
        require(client.get("/metrics")[0] == 200, "the handler of all hosts does not answer")
        require(client.get("/nowhere")[0] == 404, "a path of nobody is not 404")
        require(client.get("/one")[0] == 404, "the handler of one host answers for another")
        require(client.get("/metrics", method=b"HEAD")[0] == 200, "no HEAD")
        status, headers, _ = client.get("/metrics", method=b"PUT")
        require(status == 405 and "GET" in headers["allow"], "no 405 with Allow")
        client.send(b"GET /one HTTP/1.1\r\nHost: ONE.example:80\r\n\r\n")
        require(client.answer()[0] == 200, "the handler of one host does not answer for it")
        client.send(b"GET /metrics HTTP/1.1\r\nHost: one.example\r\n\r\n")
        require(client.answer()[0] == 404, "a specific host does not go before all others")


@case()
def names_itself(world):
    """T-HTTP-04, T-HTTP-05: the Server header, before and after a reload; T-HTTP-10: gzip"""
    start(world, http="protocol.compress = true")
    with Client(world) as client:
        require(client.get("/metrics")[1]["server"] == "meerkat", "not called meerkat")
        status, headers, body = client.get("/metrics", b"Accept-Encoding: gzip\r\n")
        require(status == 200 and headers["content-encoding"] == "gzip", "not compressed")
        require(gzip.decompress(body).startswith(b"# HELP"), "compressed to something else")
    world.allowed.append("for new connections: general.http_server_name")
    world.meerkat.change_config("[general]\nhttp_server_name = 'classified'")
    world.meerkat.reload()

    def is_renamed():
        with Client(world) as client:
            return client.get("/metrics")[1]["server"] == "classified"

    wait_until(is_renamed, 5, "http_server_name has no effect")


@case()
def over_tls(world):
    """T-HTTP-08: TLS, with HTTP/1.1 and HTTP/2 as is agreed on"""
    start(world, tls=True)
    with Client(world, context(world)) as client:
        require(client.socket.version() in ("TLSv1.2", "TLSv1.3"), client.socket.version())
        require(client.socket.selected_alpn_protocol() == "http/1.1", "http/1.1 is not agreed on")
        require(client.get("/metrics")[0] == 200, "no answer over TLS")
    with Client(world, context(world, ("http/1.1", "h2"))) as client:
        require(client.socket.selected_alpn_protocol() == "h2", "h2 is not preferred")
        client.send(PREFACE + frame(SETTINGS, 0, 0))
        require(client.frame()[0] == SETTINGS, "no settings")
        # :method GET, :scheme https, :path /metrics, :authority localhost
        client.send(frame(HEADERS, 5, 1, b"\x82\x87\x04\x08/metrics\x01\x09localhost"))
        found = client.frame()
        while found[0] != HEADERS:
            found = client.frame()
        require(found[2] == 1 and found[3][:1] == b"\x88", f"no status 200: {found}")
    old = context(world)
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    try:
        Client(world, old)
    except (ssl.SSLError, OSError):
        return
    require(False, "TLS 1.1 is taken")


@case()
def with_certificates(world):
    """T-HTTP-09: certificates of clients"""
    files = world.certificates
    start(world, tls=True, http=f'tls.cacertfile = "{files["ca"]}"\ntls.verify_mode = "peer"\ntls.disconnect_on_failure = true')
    with Client(world, context(world, certificate=(files["client"], files["client-key"]))) as client:
        require(client.get("/metrics")[0] == 200, "a client with a good certificate is not let in")
    for what, certificate in (("without a certificate", None), ("with one of its own", (files["client-self"], files["client-self-key"]))):
        try:
            with Client(world, context(world, certificate=certificate)) as client:
                client.get("/metrics")
        except (OSError, Mismatch) as error:
            world.note(f"{what}: {error}")
        else:
            require(False, f"a client {what} is let in")


@case()
def metrics(world):
    """T-HTTP-30: the text that Prometheus reads"""
    start(world, "alice")
    alice = world.online("alice")
    alice.ping()
    with Client(world) as client:
        status, headers, body = client.get("/metrics")
    require(status == 200 and headers["content-type"].startswith("text/plain; version=0.0.4"), f"{status} {headers}")
    text = body.decode()
    require(re.search(r"^meerkat_sessions 1$", text, re.MULTILINE), "the sessions are not counted")
    typed = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
    for line in text.splitlines():
        require(re.fullmatch(r'# (HELP|TYPE) .+|[a-z_]\w*(\{\w+="[^"]*"(,\w+="[^"]*")*\})? (-?[0-9.e+-]+|\+Inf|NaN)', line), f"malformed: {line}")
        name = re.match(r"(?:# \w+ )?(\w+)", line)[1]
        require(any(name == kind or re.fullmatch(kind + "_(sum|count|bucket)", name) for kind in typed), f"{name} has no type")
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    # 0: fine, 3: there is something about names, which is true of MongooseIM's.
    require(checked.returncode in (0, 3), f"promtool: {checked.stdout}{checked.stderr}")
    ours = [line for line in (checked.stdout + checked.stderr).splitlines() if not re.match("c2s_|sm_|system_|tls_cert_|xmpp_", line)]
    require(not ours, f"promtool: {ours}")


@case()
def discovery(world):
    """where WebSocket and BOSH are is not told while there is none (XEP-0156)"""
    start(world)
    with Client(world) as client:
        for name in ("host-meta", "host-meta.json"):
            require(client.get(f"/.well-known/{name}")[0] == 404, f"{name} says something")


@case()
def discovery_of_something(world):
    """where WebSocket and BOSH are, for browsers (XEP-0156)"""
    start(world, handlers=(("mongoose_websocket_handler", "_", "/ws-xmpp"), ("mongoose_bosh_handler", "_", "/http-bind")))
    with Client(world) as client:
        client.send(b"GET /.well-known/host-meta HTTP/1.1\r\nHost: chat.example:80\r\n\r\n")
        status, headers, body = client.answer()
        require(status == 200 and headers["content-type"] == "application/xrd+xml", f"{status} {headers}")
        require(headers["access-control-allow-origin"] == "*", "not for every page")
        links = {link.get("rel"): link.get("href") for link in ElementTree.fromstring(body)}
        require(links["urn:xmpp:alt-connections:websocket"] == "ws://chat.example:80/ws-xmpp", f"{links}")
        require(links["urn:xmpp:alt-connections:xbosh"] == "http://chat.example:80/http-bind", f"{links}")
        status, headers, body = client.get("/.well-known/host-meta.json")
        require(status == 200 and headers["content-type"] == "application/json", f"{status} {headers}")
        require(json.loads(body)["links"][0]["href"] == "ws://localhost/ws-xmpp", body)


@case()
def too_many(world):
    """transport.max_connections: the next one is told 503, and is let in when one has gone"""
    start(world, http="transport.max_connections = 2")
    first, second = Client(world), Client(world)
    require(first.get("/metrics")[0] == 200 and second.get("/metrics")[0] == 200, "two are not let in")
    third = Client(world)
    third.send(b"GET /metrics HTTP/1.1\r\n" + HOST + b"\r\n")
    require(third.read_until_end().startswith(b"HTTP/1.1 503 "), f"the third is told {third.got[:60]!r}")
    first.close()

    def is_let_in():
        with Client(world) as client:
            return client.get("/metrics")[0] == 200

    wait_until(is_let_in, 5, "nobody is let in though one has gone")
    require(re.search(rb"max_connections_refused_total [1-9]", second.get("/metrics")[2]), "it is not counted")
