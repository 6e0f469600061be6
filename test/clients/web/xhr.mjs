/* xhr: as much of XMLHttpRequest as Strophe.js asks for, which Node does not have. Imported before it. */
import { DOMParser } from "@xmldom/xmldom";

globalThis.XMLHttpRequest ??= class {
	readyState = 0;
	status = 0;
	responseText = "";
	responseXML = null;
	#aborting = new AbortController();
	#headers = {};

	open(method, url) {
		Object.assign(this, { method, url });
		this.#change(1);
	}

	setRequestHeader(name, value) {
		this.#headers[name] = value;
	}

	overrideMimeType() {}

	async send(body) {
		try {
			const answer = await fetch(this.url, { method: this.method, headers: this.#headers, body, signal: this.#aborting.signal });
			this.responseText = await answer.text();
			this.status = answer.status;
			this.responseXML = new DOMParser().parseFromString(this.responseText, "text/xml");
		} catch {
			this.status = 0;
		}
		this.#change(4);
	}

	getAllResponseHeaders() {
		return "";
	}

	abort() {
		this.#aborting.abort();
	}

	#change(state) {
		this.readyState = state;
		this.onreadystatechange?.();
	}
};
