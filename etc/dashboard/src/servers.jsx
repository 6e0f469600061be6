import { useAnswer } from "./asking.js";
import { count } from "./format.js";
import { Empty, Section, Table } from "./parts.jsx";

const MOST = 200;
const good = new Set(["open", "idle"]);
const bad = new Set(["blocked"]);

function Row({ stream }) {
	const kind = good.has(stream.state) ? "good" : bad.has(stream.state) ? "bad" : "warn";
	return (
		<tr>
			<th scope="row" class="address">{stream.remote ?? <span class="quiet">not yet known</span>}{stream.address && <span class="quiet mono block">{stream.address}</span>}</th>
			<td><span class={`badge ${kind}`}>{stream.state}</span>{!stream.tls && stream.address && <span class="badge warn">no TLS</span>}
				<span class="quiet">{stream.direction === "in" ? "incoming" : "outgoing"}{stream.local && `, ${stream.local}`}</span></td>
			<td class="n"><span class={stream.waiting ? "figure warn" : "figure"}>{count(stream.waiting)}</span>
				{stream.unconfirmed > 0 && <span class="quiet" title="sent, and not known to have arrived">+ {count(stream.unconfirmed)} sent</span>}</td>
		</tr>
	);
}

export function Servers({ isPaused }) {
	const { data, error } = useAnswer(`servers?limit=${MOST}`, isPaused);
	const head = <>
		<th scope="col">Server</th><th scope="col">State</th><th scope="col" class="n">Waiting</th>
	</>;
	const note = error ?? (data?.length === MOST ? `the first ${MOST}` : data?.length ? `${count(data.length)} streams` : null);
	return (
		<Section id="servers" title="Other servers" note={note}>
			{data?.length ? <Table label="Streams with other servers" head={head}>{data.map((stream, i) => <Row key={i} stream={stream} />)}</Table>
				: data && <Empty>No streams with other servers.</Empty>}
		</Section>
	);
}
