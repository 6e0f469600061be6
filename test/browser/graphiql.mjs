/* The page to ask with GraphQL in a browser: it shows the schema, a query gives an answer with and without credentials, a subscription its events, and
 * nobody but the server is asked. Arguments: the URL of mongoose_graphql_handler, its name and password, a folder for pictures. Prints TAP. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { complaints, end, launch, tell, watch } from "./browser.mjs";

const [endpoint, username, password, pictures] = process.argv.slice(2);

async function ask(query) {
	await tab.locator(".graphiql-query-editor .CodeMirror").evaluate((editor, text) => editor.CodeMirror.setValue(text), query);
	await tab.click(".graphiql-execute-button");
}

async function answers(text) {
	await tab.waitForFunction(wanted => document.querySelector(".result-window .CodeMirror")?.CodeMirror.getValue().includes(wanted), text);
	return true;
}

const browser = await launch();
const tab = await (await browser.newContext({ locale: "en" })).newPage();
try {
	watch(tab, endpoint, message => /Content Security Policy/.test(message.text()));
	await tab.goto(endpoint);
	await tab.waitForSelector(".graphiql-execute-button");
	tell(true, "the page is there");

	await tab.click('button[aria-label="Show Documentation Explorer"]');
	await tab.waitForSelector(".graphiql-doc-explorer :text('AdminSubscription')");
	tell(true, "the schema is loaded");

	await ask("{ checkAuth { authStatus } }");
	tell(await answers('"UNAUTHORIZED"'), "a query without credentials");
	await tab.fill("input[name=name]", username);
	await tab.fill("input[name=password]", password);
	await ask('{ checkAuth { authStatus } account { countUsers(domain: "localhost") } }');
	tell(await answers('"countUsers": 1'), "and with them");
	mkdirSync(pictures, { recursive: true });
	await tab.screenshot({ path: join(pictures, "graphiql.png") });

	await ask('subscription { stanza { subscribeForMessages(caller: "alice@localhost") { sender stanza } } }');
	await tab.waitForTimeout(500);
	await tab.evaluate(async ([url, credentials]) => {
		const query = 'mutation { stanza { sendMessage(from: "alice@localhost", to: "alice@localhost", body: "wherefore") { id } } }';
		const headers = { "Content-Type": "application/json", Authorization: `Basic ${btoa(credentials)}` };
		await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
	}, [endpoint, `${username}:${password}`]);
	tell(await answers("wherefore"), "a subscription");

	await tab.fill("input[name=password]", "wrong");
	await tab.click(".graphiql-execute-button");
	await ask("{ __typename }");
	tell(await answers("The name or the password is wrong."), "a wrong password");
} catch (error) {
	tell(false, String(error).split("\n")[0]);
	mkdirSync(pictures, { recursive: true });
	await tab.screenshot({ path: join(pictures, "graphiql-failed.png") });
}
tell(complaints.length === 0, `nothing is wrong, nobody else is asked: ${complaints.join("; ")}`);
await browser.close();
end();
