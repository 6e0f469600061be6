// Asks the handler that has served this page, with GraphiQL. Nothing is asked of other hosts, and nothing is sent but what the form says.

const endpoint = new URL(document.body.dataset.endpoint, location.href);
const folder = new URL(`${document.body.dataset.endpoint}/graphiql/npm/`, location.href);
const who = document.getElementById("who");

function load(name) {
	return new Promise((done, failed) => {
		const script = document.createElement("script");
		script.src = new URL(name, folder);
		script.onload = done;
		script.onerror = failed;
		document.head.append(script);
	});
}

function loadStyle(name) {
	const link = document.createElement("link");
	link.rel = "stylesheet";
	link.href = new URL(name, folder);
	document.head.append(link);
}

function headersOf(more) {
	const headers = { "Content-Type": "application/json", ...more };
	if (who.elements.name.value) {
		const bytes = new TextEncoder().encode(`${who.elements.name.value}:${who.elements.password.value}`);
		headers.Authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
	}
	return headers;
}

// What is no answer of GraphQL is told in the form of one.
async function read(answer) {
	const text = await answer.text();
	try {
		return JSON.parse(text);
	} catch {
		return { errors: [{ message: answer.status === 401 ? "The name or the password is wrong." : text.trim() }] };
	}
}

async function ask(request, headers) {
	return read(await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(request), credentials: "omit" }));
}

// EventSource cannot send credentials.
async function* listen(request, headers) {
	const parameters = new URLSearchParams({ query: request.query });
	if (request.variables) parameters.set("variables", JSON.stringify(request.variables));
	if (request.operationName) parameters.set("operationName", request.operationName);
	const stop = new AbortController();
	const url = `${endpoint.href.replace(/\/$/, "")}/sse?${parameters}`;
	const answer = await fetch(url, { headers, credentials: "omit", signal: stop.signal });
	if (!answer.ok) {
		yield await read(answer);
		return;
	}
	try {
		let text = "";
		const decoder = new TextDecoder();
		const reader = answer.body.getReader();
		for (let piece; !(piece = await reader.read()).done; ) {
			text += decoder.decode(piece.value, { stream: true });
			const events = text.split("\n\n");
			text = events.pop();
			for (const event of events) {
				const lines = event.split("\n").filter((line) => line.startsWith("data: "));
				if (lines.length > 0) yield JSON.parse(lines.map((line) => line.slice(6)).join("\n"));
			}
		}
	} finally {
		stop.abort();
	}
}

// The server knows what is a subscription; the document that GraphiQL has parsed may be older than what is asked.
async function fetcher(request, options) {
	const headers = headersOf(options?.headers);
	const answer = await ask(request, headers);
	return answer.errors?.[0]?.extensions?.code === "subscription_elsewhere" ? listen(request, headers) : answer;
}

who.addEventListener("submit", (event) => event.preventDefault());
try {
	loadStyle("graphiql.min.css");
	await load("react.production.min.js");
	await load("react-dom.production.min.js");
	await load("graphiql.min.js");
	const { React, ReactDOM, GraphiQL } = window;
	ReactDOM.createRoot(document.getElementById("page")).render(React.createElement(GraphiQL, { fetcher, defaultQuery: "{\n  checkAuth {\n    authStatus\n  }\n}\n" }));
} catch {
	document.getElementById("missing").hidden = false;
}
