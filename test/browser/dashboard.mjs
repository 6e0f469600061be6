/* An operator with the page of meerkat_dashboard. Argument: a JSON object with port and pid of the server, the command of meerkatctl, a folder for
 * pictures, people and their password. Prints TAP. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createRequire } from "node:module";

import { chromium } from "playwright-core";

const { port, pid, control, pictures, people, password } = JSON.parse(process.argv[2]);
const patience = 15000 * Number(process.env.WIRE_PATIENCE ?? "1");
const page = `http://localhost:${port}/dashboard/`;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const flags = [
	"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync",
];
const complaints = [];
mkdirSync(pictures, { recursive: true });

function check(isSo, what) {
	if (!isSo)
		throw new Error(what);
}

/* What must never be: something of another host, an error, a script that the policy stopped. While the server is stopped nothing is judged. */
let isJudging = true;
function watch(tab) {
	tab.setDefaultTimeout(patience);
	tab.on("pageerror", error => complaints.push(`script: ${error.message}`));
	tab.on("request", request => {
		if (new URL(request.url()).hostname !== "localhost")
			complaints.push(`asks elsewhere: ${request.url()}`);
	});
	tab.on("response", answer => {
		if (isJudging && answer.status() >= 400)
			complaints.push(`${answer.status()} ${answer.url()}`);
	});
	tab.on("console", message => {
		if (isJudging && ["error", "warning"].includes(message.type()))
			complaints.push(`console: ${message.text()}`);
	});
	return tab;
}

async function open(browser, options = {}, address = page) {
	const context = await browser.newContext({ locale: "en", viewport: { width: 1360, height: 900 }, ...options });
	const tab = watch(await context.newPage());
	await tab.goto(address);
	await isLive(tab);
	return tab;
}

async function isLive(tab) {
	await tab.getByRole("status").filter({ hasText: "live values" }).waitFor({ state: "attached" });
}

/* Somebody logs in over WebSocket, from a page that has nothing to do with ours. */
async function logIn(tab, name) {
	await tab.evaluate(([port, name, password]) => new Promise((done, failed) => {
		const socket = new WebSocket(`ws://localhost:${port}/ws-xmpp`, "xmpp");
		const opening = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
		const steps = [
			[/<mechanism>/, `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${btoa(`\0${name}\0${password}`)}</auth>`],
			[/<success/, opening],
			[/urn:ietf:params:xml:ns:xmpp-bind/, "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>test</resource></bind></iq>"],
			[/<jid>/, "<presence xmlns='jabber:client'/>"],
		];
		(window.sockets ??= []).push(socket);
		socket.onopen = () => socket.send(opening);
		socket.onerror = () => failed(new Error("the WebSocket failed"));
		socket.onmessage = ({ data }) => {
			if (/<failure|<stream:error/.test(data))
				failed(new Error(data));
			if (steps.length && steps[0][0].test(data)) {
				socket.send(steps.shift()[1]);
				if (!steps.length)
					done();
			}
		};
	}), [port, name, password]);
}

/* Presses Tab until the element has the focus; it has to be seen that it has. */
async function tabTo(tab, locator) {
	for (let presses = 0; presses < 60; presses++) {
		if (await locator.evaluate(element => element === document.activeElement)) {
			const outline = await locator.evaluate(element => getComputedStyle(element.matches("input[type=radio]") ? element.nextElementSibling : element).outlineStyle);
			check(outline !== "none", "the focus is not seen");
			return;
		}
		await tab.keyboard.press("Tab");
	}
	throw new Error(`Tab does not lead to ${locator}`);
}

/* Rules of WCAG 2.2, A and AA. */
async function isAccessible(tab) {
	await tab.evaluate(axe);
	const { violations } = await tab.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
	check(!violations.length, violations.map(v => `${v.id}: ${v.help}: ${v.nodes.map(node => node.html.slice(0, 120)).join(" | ")}`).join("\n"));
}

function metersOf(tab) {
	return tab.locator("#listeners tbody tr").filter({ hasText: `:${port}` }).locator("td strong");
}

/* A request that two readers could understand differently: refused, and counted as a limit that acted. */
function sendNonsense() {
	return new Promise((done, failed) => {
		const socket = connect(port, "127.0.0.1", () => socket.end("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"));
		socket.on("close", done).on("error", failed).resume();
	});
}

let number = 0, tab;
async function step(what, run) {
	try {
		await run();
		console.log(`ok ${++number} - ${what}`);
	} catch (error) {
		console.log(`not ok ${++number} - ${what}\n${error.message.replace(/^/gm, "# ")}`);
		await tab?.screenshot({ path: join(pictures, "dashboard-failed.png"), fullPage: true });
		console.log(`# ${join(pictures, "dashboard-failed.png")}: ${complaints.join("; ")}`);
		process.exitCode = 1;
		throw error;
	}
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: flags });
try {
	const visitors = await (await browser.newContext()).newPage();
	await step("the page lives", async () => {
		tab = await open(browser);
		await tab.getByText("Nobody is connected.").waitFor();
		await tab.getByText("No warnings since the start.").waitFor();
		await tab.getByText("Not read again since the start.").waitFor();
		await tab.getByText("No streams with other servers.").waitFor();
	});
	await step("a session that logs in is shown, and counted", async () => {
		const before = Number(await metersOf(tab).textContent());
		await logIn(visitors, people[0]);
		await tab.getByRole("row", { name: `${people[0]}@localhost/test` }).waitFor();
		await tab.waitForFunction(([place, n]) => [...document.querySelectorAll("#listeners tbody tr")]
			.some(row => row.textContent.includes(place) && Number(row.querySelector("strong").textContent) > n), [`:${port}`, before]);
	});
	await step("many sessions come in pages", async () => {
		for (const name of people.slice(1))
			await logIn(visitors, name);
		await tab.getByText(`${people.length} in all`).first().waitFor();
		const rows = tab.locator("#sessions tbody tr");
		await tab.getByRole("button", { name: "Next" }).click();
		await tab.getByText("Page 2").waitFor();
		await tab.getByRole("row", { name: `${people.at(-1)}@localhost/test` }).waitFor();
		check(await rows.count() === people.length - 20, `${await rows.count()} on the second page`);
		check(await tab.getByRole("button", { name: "Next" }).isDisabled(), "there is another page");
		await tab.getByRole("button", { name: "Previous" }).click();
		await tab.getByRole("row", { name: `${people[0]}@localhost/test` }).waitFor();
	});
	await step("search finds a session, without a mouse", async () => {
		await tab.reload();
		await isLive(tab);
		await tabTo(tab, tab.getByRole("searchbox", { name: "Search" }));
		await tab.keyboard.type("USER07");
		await tab.getByText(`1 of ${people.length} match`).waitFor();
		await tab.getByRole("row", { name: "user07@localhost/test" }).waitFor();
		check(await tab.locator("#sessions tbody tr").count() === 1, "others are shown, too");
		await tab.keyboard.press("Control+A");
		await tab.keyboard.type("nobody like that");
		await tab.getByText("No session matches “nobody like that”.").waitFor();
		await tab.keyboard.press("Control+A");
		await tab.keyboard.press("Delete");
		await tab.getByText(`${people.length} in all`).first().waitFor();
	});
	await step("sessions are sorted, without a mouse", async () => {
		const heading = tab.getByRole("columnheader", { name: "Address" });
		await tabTo(tab, heading.getByRole("button"));
		await tab.keyboard.press("Enter");
		await tab.getByRole("row", { name: `${people.at(-1)}@localhost/test` }).waitFor();
		check(await heading.getAttribute("aria-sort") === "descending", "the heading does not say so");
		check((await tab.locator("#sessions tbody tr").first().textContent()).startsWith(people.at(-1)), "the last one is not the first now");
	});
	await step("it pauses and goes on, without a mouse", async () => {
		await tab.reload();
		await isLive(tab);
		const pause = tab.getByRole("button", { name: "Pause" });
		await tabTo(tab, pause);
		await tab.keyboard.press("Space");
		const on = tab.getByRole("button", { name: "Go on" });
		await on.waitFor();
		check(await on.getAttribute("aria-pressed") === "true", "it is not told that it is paused");
		await tab.keyboard.press("Space");
		await isLive(tab);
	});
	await step("a page that is loaded again still knows the last minutes", async () => {
		const line = tab.locator(".tile polyline").first();
		const length = async () => (await line.getAttribute("points")).split(" ").length;
		await line.waitFor({ state: "attached" });
		const before = await length();
		await tab.reload();
		await line.waitFor({ state: "attached" });
		check(before > 2 && await length() >= before, `${before} points before, ${await length()} now`);
	});
	await step("whom a limit acted on is shown", async () => {
		await sendNonsense();
		await tab.getByRole("row", { name: /127\.0\.0\.1/ }).filter({ hasText: "http_requests_refused" }).waitFor();
	});
	await step("what came of a reload is shown", async () => {
		execFileSync(control[0], [...control.slice(1), "server", "reload"]);
		await tab.locator("#reload").getByText("applied", { exact: true }).waitFor();
		await tab.locator("#reload").getByText("no option has changed").waitFor();
	});
	await step("times are shown, of a minute and of all", async () => {
		await tabTo(tab, tab.getByRole("radio", { name: "Last minute" }));
		await tab.keyboard.press("ArrowRight");
		check(await tab.getByRole("radio", { name: "Since the start" }).isChecked(), "the other one is not chosen");
		await tab.locator("#latency figure").first().waitFor();
	});
	for (const colorScheme of ["light", "dark"]) {
		for (const [name, width] of [["desk", 1360], ["phone", 390]]) {
			await step(`it is accessible, ${colorScheme}, as wide as a ${name}`, async () => {
				const one = await open(browser, { colorScheme, viewport: { width, height: 844 } });
				await one.getByRole("row", { name: `${people[0]}@localhost/test` }).waitFor();
				await one.waitForTimeout(2500);
				await one.screenshot({ path: join(pictures, `dashboard-${name}-${colorScheme}.png`), fullPage: true });
				await isAccessible(one);
				const overhang = await one.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
				check(overhang <= 0, `it is ${overhang} too wide`);
				await one.context().close();
			});
		}
	}
	await step("a stream that is lost is told, and found again", async () => {
		isJudging = false;
		process.kill(pid, "SIGSTOP");
		try {
			await tab.getByRole("status").filter({ hasText: "is lost" }).waitFor({ state: "attached" });
			check(/^\(lost\)/.test(await tab.title()), "the title does not tell");
		} finally {
			process.kill(pid, "SIGCONT");
		}
		await isLive(tab);
		await tab.waitForTimeout(1500);
		isJudging = true;
	});
	await step("with credentials", async () => {
		const other = await open(browser, { httpCredentials: { username: "operator", password: "geheim: ö" } }, `http://localhost:${port}/locked/`);
		await other.getByRole("row", { name: `${people[0]}@localhost/test` }).waitFor();
		await other.context().close();
	});
	await step("nothing is asked elsewhere, nothing complains", async () => {
		const real = complaints.filter(text => !/401 .*\/locked\/|401 \(Unauthorized\)/.test(text));
		check(!real.length, real.join("\n"));
	});
} catch {
	/* told by step */
} finally {
	await browser.close();
}
console.log(`1..${number}`);
