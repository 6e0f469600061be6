/* What is the same for each page of the server in a browser: Chromium without a window, TAP, and what the page must not do. */
import { chromium } from "playwright-core";

const flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
let count = 0;

/* Milliseconds for whatever is waited for. */
export const patience = 15000 * Number(process.env.WIRE_PATIENCE ?? "1");

/* What was seen of what must not be. */
export const complaints = [];

export function tell(isGood, what) {
	count += 1;
	console.log(`${isGood ? "ok" : "not ok"} ${count} - ${what}`);
	if (!isGood)
		process.exitCode = 1;
}

export function end() {
	console.log(`1..${count}`);
}

export function launch() {
	return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
}

/* Nothing is asked but the server at this URL, no script fails, and of the console nothing that isWrong says. */
export function watch(tab, url, isWrong) {
	tab.setDefaultTimeout(patience);
	tab.on("pageerror", error => complaints.push(`script: ${error.message}`));
	tab.on("request", request => {
		if (!request.url().startsWith("data:") && new URL(request.url()).host !== new URL(url).host)
			complaints.push(`asked for ${request.url()}`);
	});
	tab.on("console", message => {
		if (isWrong(message))
			complaints.push(message.text());
	});
}
