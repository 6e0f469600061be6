/* The events of the server: a snapshot every second and news when there are some. A stream that is lost is opened again, later and later. */
import { useEffect, useReducer, useRef } from "preact/hooks";

import { added, keep, kept } from "./history.js";

/* Without a snapshot for so long the stream is lost, whatever the browser thinks. */
const PATIENCE_MS = 6000;
const LONGEST_WAIT_S = 15;

function initial() {
	return { state: "connecting", history: kept(), news: null, since: null, wait: 0 };
}

function reduce(old, [what, value]) {
	switch (what) {
	case "snapshot":
		return { ...old, state: "live", history: added(old.history, value), since: null };
	case "news":
		return { ...old, news: value };
	case "lost":
		return { ...old, state: "lost", since: old.since ?? Date.now(), wait: value };
	case "waiting":
		return old.state === "lost" ? { ...old, wait: value } : old;
	case "paused":
		return { ...old, state: "paused" };
	default:
		return { ...old, state: "connecting" };
	}
}

function follow(tell) {
	let source, silence, tick, failures = 0;

	function stop() {
		source?.close();
		clearTimeout(silence);
		clearInterval(tick);
	}
	function lose() {
		stop();
		let wait = Math.min(LONGEST_WAIT_S, 2 ** failures++);
		tell(["lost", wait]);
		tick = setInterval(() => {
			tell(["waiting", --wait]);
			if (wait <= 0)
				open();
		}, 1000);
	}
	function expect() {
		clearTimeout(silence);
		silence = setTimeout(lose, PATIENCE_MS);
	}
	function open() {
		stop();
		source = new EventSource("events");
		source.onerror = lose;
		source.addEventListener("snapshot", event => {
			failures = 0;
			expect();
			tell(["snapshot", JSON.parse(event.data)]);
		});
		source.addEventListener("news", event => tell(["news", JSON.parse(event.data)]));
		expect();
	}

	open();
	return stop;
}

export function useStream(isPaused) {
	const [stream, tell] = useReducer(reduce, undefined, initial);
	const history = useRef();
	history.current = stream.history;
	useEffect(() => {
		const leave = () => keep(history.current);
		addEventListener("pagehide", leave);
		return () => removeEventListener("pagehide", leave);
	}, []);
	useEffect(() => {
		if (isPaused) {
			tell(["paused"]);
			return undefined;
		}
		tell(["connecting"]);
		return follow(tell);
	}, [isPaused]);
	return stream;
}
