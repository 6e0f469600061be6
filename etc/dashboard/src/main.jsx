import { render } from "preact";
import { useEffect, useState } from "preact/hooks";

import { duration } from "./format.js";
import { Limited, Reload, Warnings } from "./events.jsx";
import { Latency } from "./latency.jsx";
import { Listeners } from "./listeners.jsx";
import { Memory } from "./memory.jsx";
import { Overview } from "./overview.jsx";
import { Servers } from "./servers.jsx";
import { Sessions } from "./sessions.jsx";
import { useStream } from "./stream.js";

const places = [
	["listeners", "Listeners"], ["sessions", "Sessions"], ["latency", "Times"], ["warnings", "Warnings"],
	["limited", "Limits"], ["memory", "Memory"], ["servers", "Servers"], ["reload", "Configuration"],
];
const themes = ["auto", "light", "dark"];

/* Kept in the browser, if it lets us. */
function useTheme() {
	const [theme, setTheme] = useState(() => {
		try {
			return themes.find(name => name === localStorage.getItem("theme")) ?? "auto";
		} catch {
			return "auto";
		}
	});
	useEffect(() => {
		document.documentElement.dataset.theme = theme;
		try {
			localStorage.setItem("theme", theme);
		} catch { /* then it holds until the page is closed */ }
	}, [theme]);
	return [theme, setTheme];
}

function Connection({ stream }) {
	const text = {
		connecting: "Connecting",
		live: "Live",
		paused: "Paused",
		lost: stream.wait > 0 ? `Lost, trying again in ${stream.wait} s` : "Lost, trying again",
	}[stream.state];
	return <span class={`connection ${stream.state}`}><i aria-hidden="true" />{text}</span>;
}

/* Read out once, not with every second of the countdown. */
function Announcement({ state }) {
	const text = { lost: "The connection to the server is lost. What is shown is old.", live: "The page shows live values.", paused: "Paused." }[state];
	return <p class="unseen" role="status">{text}</p>;
}

function Bar({ stream, isPaused, setPaused }) {
	const [theme, setTheme] = useTheme();
	const now = stream.history.snapshots.at(-1);
	return (
		<header class="bar">
			<div class="title">
				<h1><img src="icon.svg" alt="" width="24" height="24" />meerkat</h1>
				{now && <p class="note">{now.domain} <span class="on-wide">· version {now.status.version} · up {duration(now.status.uptime)} · {now.status.loops} loops</span></p>}
			</div>
			<div class="tools">
				<Connection stream={stream} />
				<button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>{isPaused ? "Go on" : "Pause"}</button>
				<button type="button" onClick={() => setTheme(themes[(themes.indexOf(theme) + 1) % themes.length])} aria-label={`Colours: ${theme}`}>
					<span aria-hidden="true">{theme === "dark" ? "●" : theme === "light" ? "○" : "◐"}</span>
				</button>
			</div>
			<nav aria-label="Sections"><ul>{places.map(([id, text]) => <li key={id}><a href={`#${id}`}>{text}</a></li>)}</ul></nav>
		</header>
	);
}

function Page() {
	const [isPaused, setPaused] = useState(false);
	const stream = useStream(isPaused);
	const { history, news } = stream;
	const now = history.snapshots.at(-1)?.at ?? Date.now();
	useEffect(() => {
		const problem = stream.state === "lost" ? "(lost) " : "";
		document.title = `${problem}${history.snapshots.at(-1)?.domain ?? ""} meerkat`.trim();
	}, [stream.state, history.snapshots.at(-1)?.domain]);
	return <>
		<a class="skip" href="#main">To the content</a>
		<Bar stream={stream} isPaused={isPaused} setPaused={setPaused} />
		<Announcement state={stream.state} />
		<main id="main" tabIndex={-1} class={stream.state === "lost" ? "old" : ""}>
			{stream.state === "lost" && <p class="banner">The connection to the server is lost{history.snapshots.length > 0 && ". What is shown is old"}. The page goes on by itself when the server is back.</p>}
			<Overview history={history} />
			<div class="panels">
				<div class="column">
					<Listeners history={history} />
					<Sessions isPaused={isPaused} />
					<Latency history={history} />
				</div>
				<div class="column">
					<Warnings news={news} now={now} />
					<Limited news={news} now={now} />
					<Memory history={history} />
					<Servers isPaused={isPaused} />
					<Reload news={news} now={now} />
				</div>
			</div>
		</main>
	</>;
}

const root = document.createElement("div");
document.body.append(root);
render(<Page />, root);
