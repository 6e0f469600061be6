// Shows openapi.json, which lies beside this page, with Swagger UI. Nothing is asked of other hosts.

function load(source) {
	return new Promise((done, failed) => {
		const script = document.createElement("script");
		script.src = source;
		script.onload = done;
		script.onerror = failed;
		document.head.append(script);
	});
}

try {
	await load("swagger-ui/swagger-ui-bundle.js");
	window.SwaggerUIBundle({
		url: "openapi.json",
		dom_id: "#page",
		presets: [window.SwaggerUIBundle.presets.apis],
		layout: "BaseLayout",
		validatorUrl: null,
		displayRequestDuration: true,
		requestSnippetsEnabled: true,
	});
} catch {
	document.getElementById("missing").hidden = false;
}
