/* Starts Converse.js for the server that this page came from. "?transport=bosh" or "websocket" in the address leaves it no choice. */
function address(path, scheme) {
	const url = new URL(path, window.location.href);
	if (scheme)
		url.protocol = window.location.protocol === "https:" ? "wss:" : "ws:";
	return url.href;
}

async function find() {
	try {
		const module = await import("./converse/converse.min.js");
		return module.default ?? window.converse;
	} catch (error) {
		console.warn(error);
		return undefined;
	}
}

async function start() {
	const converse = await find();
	if (!converse) {
		document.getElementById("missing").hidden = false;
		return;
	}
	const server = await (await fetch("config.json")).json();
	const only = new URLSearchParams(window.location.search).get("transport");
	const settings = {
		view_mode: "fullscreen",
		assets_path: address("converse/"),
		default_domain: server.domain,
		domain_placeholder: server.domain,
		registration_domain: server.domain,
		authentication: "login",
		allow_registration: server.registration,
		discover_connection_methods: false,
		show_connection_url_input: false,
		allow_url_history_change: false,
		auto_away: 0,
		play_sounds: false,
		render_media: false,
		show_client_info: false,
		blacklisted_plugins: ["converse-omemo", "converse-omemo-views"], // needs PEP
		i18n: navigator.language,
		loglevel: "warn",
	};
	if (server.websocket && only !== "bosh")
		settings.websocket_url = address(server.websocket, true);
	if (server.bosh && only !== "websocket")
		settings.bosh_service_url = address(server.bosh);
	converse.initialize(settings);
}

start();
