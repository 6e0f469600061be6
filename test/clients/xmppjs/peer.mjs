// peer: a client made with xmpp.js that keeps what it receives, so that a scenario can wait for it in the order of its story.
import { execFile } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";

import "./web.mjs";
import { client, jid, xml } from "@xmpp/client";

export { xml };

export const settings = JSON.parse(process.env.MEERKAT_SETTINGS);
const PATIENCE_MS = settings.patience * 1000;
const run = promisify(execFile);
let users = 0;

export const NS = {
  blocking: "urn:xmpp:blocking",
  carbons: "urn:xmpp:carbons:2",
  delay: "urn:xmpp:delay",
  disco: "http://jabber.org/protocol/disco#info",
  forward: "urn:xmpp:forward:0",
  last: "jabber:iq:last",
  ping: "urn:xmpp:ping",
  private: "jabber:iq:private",
  register: "jabber:iq:register",
  roster: "jabber:iq:roster",
  time: "urn:xmpp:time",
  vcard: "vcard-temp",
  version: "jabber:iq:version",
};

export const ctl = (...words) => run(settings.ctl, ["--config", settings.config, ...words]);

// Names of new accounts: alice becomes alice3, so that scenarios do not meet.
export async function accounts(...names) {
  users += 1;
  const made = names.map((name) => `${name}${users}`);
  for (const username of made) {
    await ctl("account", "registerUser", "--username", username, "--domain", "localhost", "--password", settings.password);
  }
  return made;
}

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = globalThis.setTimeout(() => reject(new Error(`waited in vain for ${what()}`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export class Peer {
  constructor(username, { listener = "secure", password = settings.password, resource, credentials, userAgent, token } = {}) {
    this.username = username;
    this.bare = `${username}@localhost`;
    this.received = [];
    this.waiting = [];
    this.errors = [];
    // The server's name is what its certificate is for.
    const service = `${listener === "tls" ? "xmpps" : "xmpp"}://localhost:${settings.ports[listener]}`;
    const options = { service, domain: "localhost", resource, username, password, userAgent };
    this.xmpp = client({ ...options, ...(credentials && { credentials }) });
    if (token) this.xmpp.fast.saveToken(token);
    this.xmpp.reconnect.stop();
    this.xmpp.timeout = PATIENCE_MS;
    this.xmpp.on("error", (error) => this.errors.push(error));
    this.xmpp.on("stanza", (stanza) => this.take(stanza));
    this.xmpp.on("element", (element) => this.count(element));
    this.closed = new Promise((resolve) => this.xmpp.on("offline", resolve));
    this.disconnected = new Promise((resolve) => this.xmpp.on("disconnect", resolve));
  }

  // This client does not count the answers to its requests, so it would acknowledge too little for ever, and get its last messages twice.
  count({ name, attrs }) {
    if (name === "iq" && ["result", "error"].includes(attrs.type)) this.xmpp.streamManagement.inbound += 1;
  }

  get address() {
    return this.xmpp.jid.toString();
  }

  take(stanza) {
    const index = this.waiting.findIndex(({ accept }) => accept(stanza));
    if (index < 0) this.received.push(stanza);
    else this.waiting.splice(index, 1)[0].resolve(stanza);
  }

  // The first stanza, received already or to come, that is accepted; what came before it is passed over.
  sees(accept, what = accept.toString()) {
    const index = this.received.findIndex(accept);
    if (index >= 0) return Promise.resolve(this.received.splice(0, index + 1).pop());
    const coming = new Promise((resolve) => this.waiting.push({ accept, resolve }));
    return within(coming, () => `${what}; ${this.username} has\n${this.received.join("\n")}`);
  }

  message(body) {
    return this.sees((stanza) => stanza.is("message") && (body === undefined || stanza.getChildText("body") === body), `message ${body}`);
  }

  presence(type, from) {
    const accept = ({ name, attrs }) => name === "presence" && attrs.type === type && String(attrs.from).startsWith(from);
    return this.sees(accept, `presence ${type} from ${from}`);
  }

  has(accept) {
    return this.received.some(accept);
  }

  async logIn() {
    await within(this.xmpp.start(), () => `the login of ${this.username}`);
    await within(this.managed(), () => `stream management of ${this.username}`);
    return this;
  }

  // This client begins to count a moment after it was told that stream management is enabled. What comes in that moment it never
  // acknowledges, so nothing may be asked for before.
  async managed() {
    for (let waited = 0; !this.xmpp.streamManagement.enabled && waited < PATIENCE_MS; waited += 5) await setTimeout(5);
  }

  async comeOnline(...children) {
    await this.logIn();
    this.roster = await this.get(xml("query", NS.roster));
    await this.send(xml("presence", {}, ...children));
    await this.presence(undefined, this.address);
    return this;
  }

  send(stanza) {
    return this.xmpp.send(stanza);
  }

  chat(to, body) {
    return this.send(xml("message", { to, type: "chat", id: `m${Math.random()}` }, xml("body", {}, body)));
  }

  subscribe(to, type) {
    return this.send(xml("presence", { to, type }));
  }

  get(element, to) {
    return this.xmpp.iqCaller.get(element, to, PATIENCE_MS);
  }

  set(element, to) {
    return this.xmpp.iqCaller.set(element, to, PATIENCE_MS);
  }

  // All that was sent to this client before now has arrived: the server answers in order.
  settle() {
    return this.get(xml("ping", NS.ping));
  }

  async logOut() {
    if (["online", "open"].includes(this.xmpp.status)) await this.xmpp.stop();
    else await this.xmpp.disconnect().catch(() => {});
  }

  // The connection anew; with stream management the session goes on.
  reconnect() {
    return within(this.xmpp.reconnect.reconnect(), () => `${this.username} to reconnect`);
  }

  cutOff() {
    this.xmpp.socket.socket.destroy();
  }
}

export const bareOf = (address) => jid(address).bare().toString();
