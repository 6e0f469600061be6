/* The page of REST (/api-docs) in a browser: it shows every operation of the document, tries one, and asks nobody but the server. Arguments: the URL
 * of mongoose_admin_api, its name and password, a folder for pictures. Prints TAP. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { complaints, end, launch, tell, watch } from "./browser.mjs";

const [api, username, password, pictures] = process.argv.slice(2);

const browser = await launch();
const tab = await (await browser.newContext({ locale: "en", httpCredentials: { username, password } })).newPage();
try {
	watch(tab, api, message => message.type() === "error" || /Content Security Policy/.test(message.text()));
	await tab.goto(`${api}/api-docs`);
	await tab.waitForSelector(".opblock");
	const paths = await tab.evaluate(async () => (await (await fetch("openapi.json")).json()).paths);
	const operations = Object.values(paths).flatMap(path => Object.keys(path));
	const shown = await tab.locator(".opblock").count();
	tell(shown === operations.length && shown > 10, `shows all operations: ${shown} of ${operations.length}`);

	await tab.click("#operations-users-getUsersDomain button.opblock-summary-control");
	await tab.click("#operations-users-getUsersDomain .try-out__btn");
	await tab.fill("#operations-users-getUsersDomain tr[data-param-name=domain] input", "localhost");
	await tab.click("#operations-users-getUsersDomain button.execute");
	await tab.waitForSelector("#operations-users-getUsersDomain .live-responses-table .response-col_status");
	const status = await tab.textContent("#operations-users-getUsersDomain .live-responses-table tbody .response-col_status");
	const body = await tab.textContent("#operations-users-getUsersDomain .live-responses-table .microlight");
	tell(status.includes("200") && body.includes("alice@localhost"), `tries one: ${status.trim()} ${body.replace(/\s+/g, " ")}`);
} catch (error) {
	tell(false, String(error).split("\n")[0]);
}
tell(complaints.length === 0, `nothing is wrong, nobody else is asked: ${complaints.join("; ")}`);
mkdirSync(pictures, { recursive: true });
await tab.screenshot({ path: join(pictures, "api-docs.png"), fullPage: false });
await browser.close();
end();
