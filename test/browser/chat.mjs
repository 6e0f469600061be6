/* Two people with the chat page, in two browsers: log in, open a chat, write to each other. Arguments: the page, the password, a folder for
 * pictures of what went wrong, then NAME=TRANSPORT twice. Prints TAP. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { chromium } from "playwright-core";

const [page, password, pictures, ...people] = process.argv.slice(2);
const patience = 15000 * Number(process.env.WIRE_PATIENCE ?? "1");
const flags = [
	"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync",
];

/* An answer from another machine, or something that is wrong, fails the test. Pictures of Converse.js's sponsors are stopped by our policy. */
function watch(tab, person) {
	tab.on("pageerror", error => person.complaints.push(`script: ${error.message}`));
	tab.on("response", answer => {
		if (answer.status() >= 400 || new URL(answer.url()).hostname !== "localhost")
			person.complaints.push(`${answer.status()} ${answer.url()}`);
	});
	tab.on("console", message => {
		if (/Content Security Policy/.test(message.text()) && !/the image 'https:/.test(message.text()))
			person.complaints.push(message.text());
	});
	tab.on("websocket", () => { person.transports.add("websocket"); });
	tab.on("request", request => {
		if (request.method() === "POST" && request.url().endsWith("/http-bind"))
			person.transports.add("bosh");
	});
}

async function logIn(browser, name, transport) {
	const context = await browser.newContext({ locale: "en" });
	const tab = await context.newPage();
	const person = { name, tab, transport, transports: new Set(), complaints: [] };
	tab.setDefaultTimeout(patience);
	watch(tab, person);
	await tab.goto(`${page}?transport=${transport}`);
	await tab.fill("input[name=jid]", name);
	await tab.fill("input[name=password]", password);
	await tab.click("button[type=submit]");
	await tab.waitForSelector("converse-controlbox .xmpp-status, .controlbox-heading__btn, converse-user-profile");
	return person;
}

async function openChat(person, other) {
	await person.tab.evaluate(jid => { window.location.hash = `converse/chat?jid=${jid}`; }, `${other.name}@localhost`);
	await person.tab.waitForSelector("textarea.chat-textarea");
}

async function say(person, text) {
	await person.tab.fill("textarea.chat-textarea", text);
	await person.tab.press("textarea.chat-textarea", "Enter");
}

async function hears(person, text) {
	await person.tab.waitForFunction(
		wanted => [...document.querySelectorAll(".chat-msg__text")].some(element => element.textContent.trim() === wanted), text,
	);
}

let number = 0;
async function step(what, run, everybody) {
	try {
		await run();
		console.log(`ok ${++number} - ${what}`);
	} catch (error) {
		console.log(`not ok ${++number} - ${what}\n${error.message.replace(/^/gm, "# ")}`);
		mkdirSync(pictures, { recursive: true });
		for (const person of everybody) {
			await person.tab.screenshot({ path: join(pictures, `${person.name}.png`) });
			console.log(`# ${person.name} (${join(pictures, person.name)}.png): ${person.complaints.join("; ")}`);
		}
		process.exitCode = 1;
		throw error;
	}
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: flags });
const everybody = [];
try {
	for (const [name, transport] of people.map(word => word.split("=")))
		await step(`${name} logs in over ${transport}`, async () => {
			const person = await logIn(browser, name, transport);
			everybody.push(person);
			if ([...person.transports].join() !== transport)
				throw new Error(`but used ${[...person.transports]}`);
		}, everybody);
	const [alice, bob] = everybody;
	await step("both open a chat", () => Promise.all([openChat(alice, bob), openChat(bob, alice)]), everybody);
	for (let turn = 1; turn <= 3; turn++) {
		await step(`message ${turn} there`, async () => { await say(alice, `there <${turn}> & ü`); await hears(bob, `there <${turn}> & ü`); }, everybody);
		await step(`message ${turn} back`, async () => { await say(bob, `back ${turn}`); await hears(alice, `back ${turn}`); }, everybody);
	}
	await step("nothing is asked elsewhere, nothing complains", async () => {
		const complaints = everybody.flatMap(person => person.complaints);
		if (complaints.length)
			throw new Error(complaints.join("\n"));
	}, everybody);
} catch {
	/* told by step */
} finally {
	await browser.close();
}
console.log(`1..${number}`);
