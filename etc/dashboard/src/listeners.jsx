import { count, rate } from "./format.js";
import { listenerKey } from "./history.js";
import { Section, Sparkline, Table } from "./parts.jsx";

const kinds = { c2s: "Clients", s2s: "Servers", component: "Components", http: "HTTP" };
const security = { starttls: "STARTTLS", starttls_required: "STARTTLS, required", tls: "TLS" };

function Certificate({ days }) {
	if (days == null)
		return null;
	const text = days < 0 ? "certificate has ended" : `certificate: ${count(days)} ${days === 1 ? "day" : "days"}`;
	return <span class={days < 7 ? "bad" : days < 30 ? "warn" : "quiet"}>{text}</span>;
}

function Full({ now, most }) {
	return most == null ? null : <meter class="full" min="0" max={most} value={now} high={most * 0.9} aria-label={`${now} of ${most}`} />;
}

/* mongoose_websocket_handler /ws-xmpp -> websocket /ws-xmpp */
function handler(text) {
	return text.replace(/^(mongoose|meerkat)_/, "").replace(/_handler /, " ");
}

function Row({ listener, points }) {
	const key = listenerKey(listener);
	const accepted = points.at(-1)?.[key];
	const address = listener.address.includes(":") ? `[${listener.address}]` : listener.address;
	return (
		<tr>
			<th scope="row">
				{kinds[listener.type] ?? listener.type}
				<span class="quiet mono">{address}:{listener.port}</span>
				{listener.handlers.length > 0 && <span class="quiet on-wide">{listener.handlers.map(handler).join(", ")}</span>}
			</th>
			<td class="security on-wide">{listener.tls ? security[listener.tls] : <span class="quiet">no TLS</span>}<Certificate days={listener.certificateDays} /></td>
			<td class="n"><strong>{count(listener.connections)}</strong>
				{listener.maxConnections != null && <span class="quiet">of {count(listener.maxConnections)}</span>}
				<Full now={listener.connections} most={listener.maxConnections} /></td>
			<td class="graph on-wide"><Sparkline values={points.map(point => point[`${key} open`])} /></td>
			<td class="n">{rate(accepted)}<span class="unit"> /s</span></td>
			<td class="n on-wide">{count(listener.accepted)}</td>
			<td class={listener.refused ? "n warn" : "n"}>{count(listener.refused)}</td>
		</tr>
	);
}

export function Listeners({ history }) {
	const now = history.snapshots.at(-1);
	const head = <>
		<th scope="col">Listener</th><th scope="col" class="on-wide">Security</th><th scope="col" class="n">Open</th>
		<th scope="col" class="graph on-wide">Two minutes</th><th scope="col" class="n">New</th><th scope="col" class="n on-wide">In all</th>
		<th scope="col" class="n">Refused</th>
	</>;
	return (
		<Section id="listeners" title="Listeners" note="connections, now">
			<Table label="Listeners" head={head}>
				{now?.listeners.map(listener => <Row key={listenerKey(listener)} listener={listener} points={history.points} />)}
			</Table>
		</Section>
	);
}
