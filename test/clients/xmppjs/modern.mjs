// xmpp.js over SASL2 (XEP-0388), Bind 2 (XEP-0386) and tokens (XEP-0484), which it uses by itself where a server has them.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { accounts, ctl, NS, Peer, xml } from "./peer.mjs";

const SASL2 = "urn:xmpp:sasl:2";
const agent = () => xml("user-agent", { id: crypto.randomUUID() }, xml("software", {}, "xmpp.js"));
const peers = [];

// A client that notes how it has logged in.
function peer(...options) {
  const made = new Peer(...options);
  made.logins = [];
  made.xmpp.on("send", (element) => element.is("authenticate", SASL2) && made.logins.push(element));
  made.xmpp.on("element", (element) => {
    if (element.is("success", SASL2)) made.success = element;
    if (element.is("failure", SASL2)) made.failures = (made.failures ?? 0) + 1;
  });
  peers.push(made);
  return made;
}

const mechanisms = (who) => who.logins.map(({ attrs }) => attrs.mechanism);

function story(name, tell) {
  test(name, async () => {
    try {
      await tell();
    } finally {
      await Promise.all(peers.splice(0).map((each) => each.logOut()));
    }
  });
}

story("one round trip to a session", async () => {
  const [name] = await accounts("alice");
  const alice = await peer(name, { resource: "desk" }).comeOnline();
  assert.deepEqual(mechanisms(alice), ["SCRAM-SHA-1"]);
  assert.ok(alice.success.getChild("bound", "urn:xmpp:bind:0").getChild("enabled", "urn:xmpp:sm:3"));
  assert.match(alice.address, new RegExp(`^${name}@localhost/desk/[0-9a-f]+$`));
  const bob = await peer((await accounts("bob"))[0]).comeOnline();
  await alice.chat(bob.address, "modern");
  await bob.message("modern");
});

story("a token in place of the password, again and again", async () => {
  const [name] = await accounts("alice");
  const userAgent = agent();
  const first = await peer(name, { userAgent }).logIn();
  let token = await first.xmpp.fast.fetchToken();
  assert.ok(token.token && Date.parse(token.expiry) > Date.now());
  await first.logOut();
  for (let i = 0; i < 5; i += 1) {
    const again = await peer(name, { userAgent, password: "wrong", token }).comeOnline();
    assert.deepEqual(mechanisms(again), ["HT-SHA-256-NONE"]);
    token = (await again.xmpp.fast.fetchToken()) ?? token;
    await again.logOut();
  }
});

story("a token of another user agent, or of before the password was changed, is none: the password is asked for", async () => {
  const [name] = await accounts("alice");
  const userAgent = agent();
  const first = await peer(name, { userAgent }).logIn();
  const token = await first.xmpp.fast.fetchToken();
  const other = await peer(name, { userAgent: agent(), token }).logIn();
  assert.deepEqual(mechanisms(other), ["HT-SHA-256-NONE", "SCRAM-SHA-1"]);
  assert.equal(other.failures, 1);
  await ctl("account", "changeUserPassword", "--user", `${name}@localhost`, "--newPassword", "another");
  const late = await peer(name, { userAgent, password: "another", token }).logIn();
  assert.deepEqual(mechanisms(late), ["HT-SHA-256-NONE", "SCRAM-SHA-1"]);
});

story("a lost connection is resumed along with the login, by a token", async () => {
  const [a, b] = await accounts("alice", "bob");
  const alice = await peer(a, { resource: "desk", userAgent: agent() }).comeOnline();
  const bob = await peer(b).comeOnline();
  const { address } = alice;
  const resumed = new Promise((resolve) => alice.xmpp.streamManagement.on("resumed", resolve));
  alice.cutOff();
  await alice.disconnected;
  await bob.chat(address, "meanwhile");
  await bob.settle();
  await alice.reconnect();
  await resumed;
  await alice.message("meanwhile");
  assert.equal(alice.address, address);
  assert.ok(alice.success.getChild("resumed", "urn:xmpp:sm:3"));
  assert.equal(mechanisms(alice).at(-1), "HT-SHA-256-NONE");
  assert.equal((await alice.get(xml("query", NS.disco), "localhost")).attrs.xmlns, NS.disco);
});

after(() => setTimeout(() => process.exit(), 1000).unref());
