// A component made with xmpp.js (XEP-0114), and its client of the same making.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { component } from "@xmpp/component";

import { accounts, NS, Peer, settings, xml } from "./peer.mjs";

const open = [];

// Comes back when it is let in.
async function serve(domain, password = "secret") {
  const made = component({ service: `xmpp://localhost:${settings.ports.components}`, domain, password });
  made.failures = [];
  made.reconnect.stop();
  made.on("error", (error) => made.failures.push(error));
  open.push(() => made.stop());
  await made.start();
  return made;
}

async function online(name) {
  const [user] = await accounts(name);
  const made = await new Peer(user, { resource: "desk" }).comeOnline();
  open.push(() => made.logOut());
  return made;
}

function story(name, tell) {
  test(name, async () => {
    try {
      await tell();
    } finally {
      await Promise.allSettled(open.splice(0).map((close) => close()));
    }
  });
}

story("messages there and back", async () => {
  const alice = await online("alice");
  const echo = await serve("echo.localhost");
  echo.on("stanza", (stanza) => {
    if (!stanza.is("message") || stanza.attrs.type === "error") return;
    const { from, to, id } = stanza.attrs;
    echo.send(xml("message", { from: to, to: from, id, type: "chat" }, xml("body", {}, `you said ${stanza.getChildText("body")}`)));
  });
  await alice.chat("robot@echo.localhost", "<&> wörd");
  const answer = await alice.message("you said <&> wörd");
  assert.equal(answer.attrs.from, "robot@echo.localhost");
});

story("queries of either side", async () => {
  const alice = await online("alice");
  const echo = await serve("echo.localhost");
  echo.iqCallee.get(NS.ping, "ping", () => true);
  await alice.xmpp.iqCaller.request(xml("iq", { type: "get", to: "echo.localhost" }, xml("ping", NS.ping)));
  const answer = await echo.iqCaller.request(
    xml("iq", { type: "get", to: "localhost", from: "echo.localhost" }, xml("query", NS.version)),
  );
  assert.equal(answer.getChild("query", NS.version).getChildText("name"), "meerkat");
});

story("a wrong password", async () => {
  await assert.rejects(serve("echo.localhost", "wrong"), (error) => error.condition === "not-authorized");
});

story("the second of a name", async () => {
  await serve("echo.localhost");
  await assert.rejects(serve("echo.localhost"), (error) => error.condition === "conflict");
});

after(() => assert.equal(open.length, 0));
