/* Strophe.js over WebSocket and over BOSH, and xmpp.js over WebSocket: each logs in, and each chats with each. */
import { strict as assert } from "node:assert";
import { webcrypto } from "node:crypto";
import { test } from "node:test";

import "./xhr.mjs";

globalThis.crypto ??= webcrypto;
const { client, xml } = await import("@xmpp/client");
const { default: strophe, Strophe: named, $msg: message, $pres: presence, $iq: iq } = await import("strophe.js");
const Strophe = named ?? strophe.Strophe;

const settings = JSON.parse(process.env.MEERKAT_SETTINGS);
const url = { websocket: `ws://localhost:${settings.port}/ws-xmpp`, bosh: `http://localhost:${settings.port}/http-bind` };
const patience = settings.patience * 1000;

function within(promise, what) {
	let timer;
	const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what} took too long`)), patience); });
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/* Messages that came, and who waits for one. */
class Inbox {
	#come = [];
	#waiting = [];

	put(text) {
		const first = this.#waiting.shift();
		first ? first(text) : this.#come.push(text);
	}

	next() {
		return within(this.#come.length ? Promise.resolve(this.#come.shift()) : new Promise(resolve => this.#waiting.push(resolve)), "a message");
	}
}

class StropheClient {
	constructor(user, transport) {
		this.user = user;
		this.inbox = new Inbox();
		this.connection = new Strophe.Connection(url[transport]);
	}

	start() {
		this.connection.addHandler(stanza => {
			const body = stanza.getElementsByTagName("body")[0];
			if (body)
				this.inbox.put(body.textContent);
			return true;
		}, null, "message");
		return within(new Promise((resolve, reject) => {
			this.connection.connect(`${this.user}@localhost`, settings.password, status => {
				if (status === Strophe.Status.CONNECTED) {
					this.connection.send(presence());
					resolve();
				} else if (status === Strophe.Status.AUTHFAIL || status === Strophe.Status.CONNFAIL)
					reject(new Error(`status ${status}`));
			});
		}), "the login");
	}

	say(to, text) {
		this.connection.send(message({ to: to.address, type: "chat" }).c("body").t(text));
	}

	get address() {
		return this.connection.jid;
	}

	ping() {
		return within(new Promise((resolve, reject) => {
			this.connection.sendIQ(iq({ type: "get", to: "localhost" }).c("ping", { xmlns: "urn:xmpp:ping" }), resolve, reject);
		}), "a ping");
	}

	stop() {
		return within(new Promise(resolve => {
			this.connection.connect_callback = status => { if (status === Strophe.Status.DISCONNECTED) resolve(); };
			this.connection.disconnect("bye");
		}), "the end");
	}
}

class XmppJsClient {
	constructor(user) {
		this.inbox = new Inbox();
		this.xmpp = client({ service: url.websocket, domain: "localhost", username: user, password: settings.password });
		this.xmpp.on("error", () => {});
		this.xmpp.on("stanza", stanza => {
			const body = stanza.is("message") && stanza.getChildText("body");
			if (body)
				this.inbox.put(body);
		});
	}

	async start() {
		this.address = (await within(this.xmpp.start(), "the login")).toString();
		await this.xmpp.send(xml("presence"));
	}

	say(to, text) {
		return this.xmpp.send(xml("message", { to: to.address, type: "chat" }, xml("body", {}, text)));
	}

	ping() {
		return within(this.xmpp.iqCaller.get(xml("ping", "urn:xmpp:ping"), "localhost"), "a ping");
	}

	stop() {
		return within(this.xmpp.stop(), "the end");
	}
}

const kinds = {
	"strophe.js over WebSocket": user => new StropheClient(user, "websocket"),
	"strophe.js over BOSH": user => new StropheClient(user, "bosh"),
	"xmpp.js over WebSocket": user => new XmppJsClient(user),
};

for (const [name, make] of Object.entries(kinds))
	test(`${name}: login, ping, end`, async () => {
		const alice = make("alice");
		await alice.start();
		assert.match(alice.address, /^alice@localhost\/./);
		await alice.ping();
		await alice.stop();
	});

for (const [left, makeLeft] of Object.entries(kinds))
	for (const [right, makeRight] of Object.entries(kinds))
		test(`${left} chats with ${right}`, async () => {
			const alice = makeLeft("alice"), bob = makeRight("bob");
			await Promise.all([alice.start(), bob.start()]);
			for (const text of ["first", "<&>'\" ü €", "x".repeat(20000), "last"]) {
				await alice.say(bob, `to: ${text}`);
				assert.equal(await bob.inbox.next(), `to: ${text}`);
				await bob.say(alice, `back: ${text}`);
				assert.equal(await alice.inbox.next(), `back: ${text}`);
			}
			for (let number = 0; number < 50; number++)
				alice.say(bob, `${number}`);
			for (let number = 0; number < 50; number++)
				assert.equal(await bob.inbox.next(), `${number}`);
			await Promise.all([alice.stop(), bob.stop()]);
		});

test("a wrong password", async () => {
	const wrong = new StropheClient("nobody", "bosh");
	await assert.rejects(wrong.start(), /status/);
	wrong.connection.disconnect("bye");
});
