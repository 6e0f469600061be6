// xmpp.js (JavaScript) talking through meerkat. Each test is a story with accounts of its own.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { accounts, ctl, NS, Peer, xml } from "./peer.mjs";

const peers = [];

function peer(...options) {
  const made = new Peer(...options);
  peers.push(made);
  return made;
}

// A case with clients, which log out when it ends.
function story(name, tell) {
  test(name, async () => {
    try {
      await tell();
    } finally {
      await Promise.all(peers.splice(0).map((each) => each.logOut()));
    }
  });
}

async function two({ befriended = false } = {}) {
  const [a, b] = await accounts("alice", "bob");
  const alice = await peer(a, { resource: "desk" }).comeOnline();
  const bob = await peer(b, { resource: "phone" }).comeOnline();
  if (befriended) await befriend(alice, bob);
  return [alice, bob];
}

async function befriend(alice, bob) {
  await alice.subscribe(bob.bare, "subscribe");
  assert.equal((await bob.presence("subscribe", alice.bare)).attrs.from, alice.bare);
  await bob.subscribe(alice.bare, "subscribed");
  await bob.subscribe(alice.bare, "subscribe");
  await alice.presence("subscribed", bob.bare);
  await alice.presence(undefined, bob.address);
  await alice.subscribe(bob.bare, "subscribed");
  await bob.presence(undefined, alice.address);
}

async function isRefused(promise, condition) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.condition, condition);
    return true;
  });
}

const withMechanism = (name, username, password) => async (authenticate, mechanisms) => {
  assert.ok(mechanisms.includes(name), `${name} is not offered: ${mechanisms}`);
  await authenticate({ username, password }, name);
};

// --- logging in ---

story("STARTTLS, the mechanism of the client's choice", async () => {
  const [name] = await accounts("alice");
  const alice = await peer(name).logIn();
  assert.equal(alice.xmpp.socket.socket.getProtocol(), "TLSv1.3");
  assert.ok(alice.xmpp.socket.socket.authorized);
});

story("direct TLS", async () => {
  const [name] = await accounts("alice");
  const alice = await peer(name, { listener: "tls" }).logIn();
  assert.ok(alice.xmpp.socket.socket.authorized);
  await alice.settle();
});

story("SCRAM-SHA-1 and PLAIN", async () => {
  // ASCII, as this client says anything else in Latin-1 with PLAIN, which is no UTF-8 and refused.
  const [username, password] = ["plain", "pa<&>ss"];
  await ctl("account", "registerUser", "--username", username, "--domain", "localhost", "--password", password);
  for (const mechanism of ["SCRAM-SHA-1", "PLAIN"]) {
    await peer(username, { credentials: withMechanism(mechanism, username, password) }).logIn();
  }
});

story("a wrong password and an unknown user are refused alike", async () => {
  const [name] = await accounts("alice");
  for (const username of [name, "nobody"]) {
    await assert.rejects(peer(username, { password: "wrong" }).logIn(), { name: "SASLError", condition: "not-authorized" });
  }
});

story("the resource that is asked for, or one of the server's", async () => {
  const [name] = await accounts("alice");
  const desk = await peer(name, { resource: "dësk & chair" }).logIn();
  assert.equal(desk.xmpp.jid.resource, "dësk & chair");
  const other = await peer(name).logIn();
  assert.ok(other.xmpp.jid.resource);
});

story("a second login with the same resource ends the first", async () => {
  const [name] = await accounts("alice");
  const first = await peer(name, { resource: "desk" }).comeOnline();
  const second = await peer(name, { resource: "desk" }).comeOnline();
  await first.disconnected;
  assert.ok(first.errors.some(({ condition }) => condition === "conflict"));
  await second.settle();
});

story("a closed stream is closed by the server, too", async () => {
  const [name] = await accounts("alice");
  const alice = await peer(name).comeOnline();
  await alice.xmpp.stop();
  await alice.closed;
});

// --- registration ---

story("registration, a new password, the end of the account", async () => {
  const username = "newcomer";
  const register = async (authenticate) => {
    const { iqCaller } = peers.at(-1).xmpp;
    const form = await iqCaller.get(xml("query", NS.register));
    assert.ok(form.getChild("username") && form.getChild("password"));
    await iqCaller.set(xml("query", NS.register, xml("username", {}, username), xml("password", {}, "first")));
    await authenticate({ username, password: "first" }, "SCRAM-SHA-1");
  };
  const first = await peer(username, { credentials: register }).logIn();
  await first.set(xml("query", NS.register, xml("username", {}, username), xml("password", {}, "second")));
  await first.logOut();
  await assert.rejects(peer(username, { password: "first" }).logIn(), { condition: "not-authorized" });
  const second = await peer(username, { password: "second" }).logIn();
  await second.set(xml("query", NS.register, xml("remove")));
  await second.disconnected;
  await assert.rejects(peer(username, { password: "second" }).logIn(), { condition: "not-authorized" });
});

// --- contacts ---

story("contacts are kept, pushed to other resources, changed and removed", async () => {
  const [name] = await accounts("alice");
  const desk = await peer(name).comeOnline();
  const phone = await peer(name).comeOnline();
  const item = (attrs, ...groups) => xml("query", NS.roster, xml("item", attrs, ...groups.map((group) => xml("group", {}, group))));
  const push = (who) => who.sees((stanza) => stanza.is("iq") && stanza.attrs.type === "set" && stanza.getChild("query", NS.roster));
  await desk.set(item({ jid: "friend@localhost", name: "Bä <&>" }, "Work", "a & b"));
  const pushed = (await push(phone)).getChild("query").getChild("item");
  assert.deepEqual([pushed.attrs.name, pushed.getChildren("group").map((group) => group.text()).sort()], ["Bä <&>", ["Work", "a & b"]]);
  await phone.set(item({ jid: "friend@localhost", name: "Friend" }));
  const again = await peer(name).comeOnline();
  const [kept] = again.roster.getChildren("item");
  assert.deepEqual([kept.attrs.jid, kept.attrs.name, kept.attrs.subscription], ["friend@localhost", "Friend", "none"]);
  await again.set(item({ jid: "friend@localhost", subscription: "remove" }));
  assert.equal((await again.get(xml("query", NS.roster))).getChildren("item").length, 0);
});

story("two accounts subscribe to each other and see each other come and go", async () => {
  const [alice, bob] = await two({ befriended: true });
  await bob.send(xml("presence", {}, xml("show", {}, "away"), xml("status", {}, "tea ☕")));
  const away = await alice.presence(undefined, bob.address);
  assert.equal(away.getChildText("status"), "tea ☕");
  const roster = await alice.get(xml("query", NS.roster));
  assert.equal(roster.getChild("item").attrs.subscription, "both");
  const { address } = bob;
  await bob.logOut();
  await alice.presence("unavailable", address);
  const back = await peer(bob.username, { resource: "phone" }).comeOnline();
  await back.presence(undefined, alice.address);
  await alice.presence(undefined, back.address);
});

story("a subscription is ended from both sides", async () => {
  const [alice, bob] = await two({ befriended: true });
  await alice.subscribe(bob.bare, "unsubscribe");
  await bob.presence("unsubscribe", alice.bare);
  await alice.presence("unavailable", bob.address);
  await alice.subscribe(bob.bare, "unsubscribed");
  await bob.presence("unsubscribed", alice.bare);
  await bob.presence("unavailable", alice.address);
});

story("a request waits for somebody who is not here", async () => {
  const [a, b] = await accounts("alice", "bob");
  const alice = await peer(a).comeOnline();
  await alice.subscribe(`${b}@localhost`, "subscribe");
  await alice.settle();
  const bob = await peer(b).comeOnline();
  await bob.presence("subscribe", alice.bare);
});

// --- messages ---

story("messages both ways, to full and bare addresses", async () => {
  const [alice, bob] = await two();
  const text = "Grüße & <b>Küsse</b> 🐾 ]]> \"'\n\ttabs";
  for (const to of [bob.address, bob.bare]) {
    await alice.chat(to, text);
    const message = await bob.message();
    assert.deepEqual([message.attrs.from, message.getChildText("body")], [alice.address, text]);
    await bob.chat(message.attrs.from, "thanks");
    await alice.message("thanks");
  }
});

story("three hundred messages in one go, complete and in order", async () => {
  const [alice, bob] = await two();
  const numbers = Array.from({ length: 300 }, (_, number) => String(number));
  await alice.xmpp.sendMany(numbers.map((number) => xml("message", { to: bob.address, type: "chat" }, xml("body", {}, number))));
  for (const number of numbers) assert.equal((await bob.message()).getChildText("body"), number);
});

story("messages to somebody who is not here wait, once", async () => {
  const [a, b] = await accounts("alice", "bob");
  const alice = await peer(a).comeOnline();
  for (const text of ["one", "two", "three"]) await alice.chat(`${b}@localhost`, text);
  await alice.settle();
  const bob = await peer(b).comeOnline();
  for (const text of ["one", "two", "three"]) {
    const message = await bob.message();
    assert.equal(message.getChildText("body"), text);
    assert.ok(Date.parse(message.getChild("delay", NS.delay).attrs.stamp) > Date.now() - 60_000);
  }
  await bob.logOut();
  const again = await peer(b).comeOnline();
  await again.settle();
  assert.ok(!again.has((stanza) => stanza.is("message")));
});

story("a message to an account that does not exist comes back", async () => {
  const [name] = await accounts("alice");
  const alice = await peer(name).comeOnline();
  await alice.chat("nobody@localhost", "hello?");
  const error = await alice.sees((stanza) => stanza.is("message") && stanza.attrs.type === "error");
  assert.ok(error.getChild("error").getChild("service-unavailable"));
});

story("XEP-0280: a second resource sees what the first receives and sends", async () => {
  const [alice, bob] = await two();
  const desk = await peer(bob.username, { resource: "desk" }).comeOnline();
  await desk.set(xml("enable", NS.carbons));
  const carbon = async (kind) => {
    const stanza = await desk.sees((candidate) => candidate.is("message") && candidate.getChild(kind, NS.carbons), `carbon ${kind}`);
    assert.equal(stanza.attrs.from, bob.bare);
    return stanza.getChild(kind, NS.carbons).getChild("forwarded", NS.forward).getChild("message").getChildText("body");
  };
  await alice.chat(bob.address, "to the phone");
  assert.equal(await carbon("received"), "to the phone");
  await bob.chat(alice.address, "from the phone");
  assert.equal(await carbon("sent"), "from the phone");
  await desk.set(xml("disable", NS.carbons));
});

story("XEP-0191: who is blocked cannot reach the account; unblocked they can", async () => {
  const [alice, bob] = await two({ befriended: true });
  const item = () => xml("item", { jid: bob.bare });
  await alice.set(xml("block", NS.blocking, item()));
  await bob.presence("unavailable", alice.address);
  const list = await alice.get(xml("blocklist", NS.blocking));
  assert.deepEqual(list.getChildren("item").map(({ attrs }) => attrs.jid), [bob.bare]);
  await bob.chat(alice.address, "can you hear me?");
  const error = await bob.sees((stanza) => stanza.is("message") && stanza.attrs.type === "error");
  assert.ok(error.getChild("error").getChild("service-unavailable"));
  await alice.set(xml("unblock", NS.blocking, item()));
  await bob.presence(undefined, alice.address);
  await bob.chat(alice.address, "and now?");
  await alice.message("and now?");
});

story("XEP-0198: a lost connection is resumed, and what came meanwhile is there", async () => {
  const [alice, bob] = await two({ befriended: true });
  assert.ok(alice.xmpp.streamManagement.enabled);
  const resumed = new Promise((resolve) => alice.xmpp.streamManagement.on("resumed", resolve));
  alice.cutOff();
  await alice.disconnected;
  for (const number of ["1", "2", "3"]) await bob.chat(alice.address, number);
  await bob.settle();
  await alice.reconnect();
  await resumed;
  for (const number of ["1", "2", "3"]) assert.equal((await alice.message()).getChildText("body"), number);
  await alice.chat(bob.address, "here again");
  await bob.message("here again");
  assert.ok(!bob.has((stanza) => stanza.is("presence") && stanza.attrs.type === "unavailable"));
});

// --- services ---

story("XEP-0030: what the server and the account can do", async () => {
  const [alice, bob] = await two();
  const info = await alice.get(xml("query", NS.disco), "localhost");
  const features = info.getChildren("feature").map(({ attrs }) => attrs.var);
  for (const wanted of [NS.disco, NS.ping, NS.blocking, NS.carbons, NS.vcard, NS.version, NS.last, NS.time, NS.private]) {
    assert.ok(features.includes(wanted), `${wanted} is missing`);
  }
  const own = await alice.get(xml("query", NS.disco), alice.bare);
  assert.ok(own.getChildren("identity").some(({ attrs }) => attrs.category === "account" && attrs.type === "registered"));
  await isRefused(alice.get(xml("query", NS.disco), bob.bare), "service-unavailable");
});

story("XEP-0199: ping of the server, the account, another client", async () => {
  const [alice, bob] = await two();
  await alice.get(xml("ping", NS.ping), "localhost");
  await alice.get(xml("ping", NS.ping), alice.bare);
  await alice.get(xml("ping", NS.ping), bob.address);
  await isRefused(alice.get(xml("ping", NS.ping), `${bob.bare}/nowhere`), "service-unavailable");
});

story("XEP-0092, 0202, 0012: version, time, uptime of the server", async () => {
  const [name] = await accounts("alice");
  const alice = await peer(name).comeOnline();
  const version = await alice.get(xml("query", NS.version), "localhost");
  assert.equal(version.getChildText("name").toLowerCase(), "meerkat");
  const time = await alice.get(xml("time", NS.time), "localhost");
  assert.ok(Math.abs(Date.parse(time.getChildText("utc")) - Date.now()) < 60_000);
  const last = await alice.get(xml("query", NS.last), "localhost");
  assert.match(last.attrs.seconds, /^\d+$/);
});

story("XEP-0012: when a contact was last here", async () => {
  const [alice, bob] = await two({ befriended: true });
  await bob.logOut();
  await alice.presence("unavailable", bob.bare);
  const last = await alice.get(xml("query", NS.last), bob.bare);
  assert.ok(Number(last.attrs.seconds) < 60);
});

story("XEP-0054: a vCard, one's own and somebody else's", async () => {
  const [alice, bob] = await two();
  await alice.set(xml("vCard", NS.vcard, xml("FN", {}, "Alice & Co"), xml("NICKNAME", {}, "ali")));
  for (const who of [alice, bob]) {
    const card = await who.get(xml("vCard", NS.vcard), alice.bare);
    assert.equal(card.getChildText("FN"), "Alice & Co");
  }
});

story("XEP-0049: private data for the next login", async () => {
  const [name] = await accounts("alice");
  const alice = await peer(name).comeOnline();
  const query = (...children) => xml("query", NS.private, xml("notes", { xmlns: "urn:example:notes" }, ...children));
  await alice.set(query(xml("note", { at: "1" }, "feed the <meerkat>")));
  const again = await peer(name).comeOnline();
  const found = await again.get(query());
  assert.equal(found.getChild("notes").getChildText("note"), "feed the <meerkat>");
});

story("a request that nobody answers", async () => {
  const [alice, bob] = await two();
  await isRefused(alice.get(xml("query", "urn:example:nothing"), "localhost"), "feature-not-implemented");
  await isRefused(alice.get(xml("query", "urn:example:nothing"), bob.bare), "service-unavailable");
});

story("two hundred requests in one go", async () => {
  const [name] = await accounts("alice");
  const alice = await peer(name).comeOnline();
  const answers = await Promise.all(Array.from({ length: 200 }, () => alice.get(xml("ping", NS.ping))));
  assert.equal(answers.length, 200);
});

story("an operator ends a session", async () => {
  const [name] = await accounts("alice");
  const alice = await peer(name, { resource: "desk" }).comeOnline();
  await ctl("session", "kickUserSession", "--user", alice.address);
  await alice.disconnected;
  assert.ok(alice.errors.length);
});

after(() => setTimeout(() => process.exit(), 1000).unref());
