import { useEffect, useState } from "preact/hooks";

import { useAnswer } from "./asking.js";
import { count, duration } from "./format.js";
import { Empty, Section, Table } from "./parts.jsx";

const PAGE = 20;
const PATIENCE_MS = 250;
const classes = { ip: "on-wide", priority: "n on-wide", uptime: "n" };
const columns = [["user", "Address"], ["ip", "From"], ["priority", "Priority"], ["uptime", "Since"]];

/* The word that was typed, when typing has stopped. */
function useSettled(value) {
	const [settled, setSettled] = useState(value);
	useEffect(() => {
		const timer = setTimeout(() => setSettled(value), PATIENCE_MS);
		return () => clearTimeout(timer);
	}, [value]);
	return settled;
}

function Heading({ column, title, order, onOrder }) {
	const isOn = order.sort === column;
	const state = isOn ? (order.isDescending ? "descending" : "ascending") : undefined;
	return (
		<th scope="col" aria-sort={state} class={classes[column]}>
			<button type="button" class="sort" onClick={() => onOrder({ sort: column, isDescending: isOn && !order.isDescending })}>
				{title}<span class="arrow" aria-hidden="true">{isOn ? (order.isDescending ? "▼" : "▲") : "▲"}</span>
			</button>
		</th>
	);
}

function State({ session }) {
	if (!session.connected)
		return <span class="badge warn">waits to resume</span>;
	return session.available ? <span class="badge good">available</span> : <span class="badge">connected</span>;
}

function Row({ session }) {
	const slash = session.user.indexOf("/");
	const from = session.ip.includes(":") ? `[${session.ip}]:${session.port}` : `${session.ip}:${session.port}`;
	return (
		<tr>
			<th scope="row" class="address"><span class="bare">{session.user.slice(0, slash)}</span><span class="quiet">{session.user.slice(slash)}</span>
				<span class="quiet mono on-narrow">{from}</span></th>
			<td class="mono on-wide">{from}</td>
			<td class="n on-wide">{session.available ? session.priority : <span class="quiet">–</span>}</td>
			<td class="n">{duration(session.uptime)}</td>
			<td><State session={session} />{session.connection === "c2s" && <span class="badge warn">no TLS</span>}</td>
		</tr>
	);
}

function Pages({ places, setPlaces, next }) {
	return (
		<nav class="pages" aria-label="Pages of sessions">
			<button type="button" disabled={!places.length} onClick={() => setPlaces(places.slice(0, -1))}>Previous</button>
			<span aria-live="polite">Page {count(places.length + 1)}</span>
			<button type="button" disabled={!next} onClick={() => setPlaces([...places, next])}>Next</button>
		</nav>
	);
}

export function Sessions({ isPaused }) {
	const [typed, setTyped] = useState("");
	const [order, setOrder] = useState({ sort: "user", isDescending: false });
	/* Where the pages begin that come after the first one, up to this one. */
	const [places, setPlaces] = useState([]);
	const search = useSettled(typed.trim());
	const question = new URLSearchParams({ limit: PAGE, sort: order.sort, descending: order.isDescending });
	if (search)
		question.set("search", search);
	if (places.length)
		question.set("after", places.at(-1));
	const { data, error } = useAnswer(`sessions?${question}`, isPaused);
	const first = change => value => {
		setPlaces([]);
		change(value);
	};
	const found = data && (search ? `${count(data.matching)} of ${count(data.total)} match` : `${count(data.total)} in all`);
	return (
		<Section id="sessions" title="Sessions" note={<span role="status">{error ?? found}</span>}>
			<form class="search" role="search" onSubmit={event => event.preventDefault()}>
				<label for="search">Search</label>
				<input id="search" type="search" value={typed} placeholder="address, resource or IP" autocomplete="off" spellcheck={false}
					autocapitalize="off" onInput={event => first(setTyped)(event.target.value)} />
			</form>
			{data?.sessions.length ? (
				<Table label="Sessions" head={<>
					{columns.map(([column, title]) => <Heading key={column} column={column} title={title} order={order} onOrder={first(setOrder)} />)}
					<th scope="col">State</th>
				</>}>
					{data.sessions.map(session => <Row key={session.user} session={session} />)}
				</Table>
			) : data && <Empty>{search ? <>No session matches “{search}”.</> : places.length ? "Nobody is left on this page." : "Nobody is connected."}</Empty>}
			{data && (places.length > 0 || data.next) && <Pages places={places} setPlaces={setPlaces} next={data.next} />}
		</Section>
	);
}
