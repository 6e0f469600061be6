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
			<th scope="row">{stream.remote ?? <span class="quiet">not yet known</span>}<span class="quiet mono">{stream.address}</span></th>
			<td>{stream.direction === "in" ? "incoming" : "outgoing"}<span class="quiet">{stream.local}</span></td>
			<td><span class={`badge ${kind}`}>{stream.state}</span>{!stream.tls && stream.address && <span class="badge warn">no TLS</span>}</td>
			<td class={stream.waiting ? "n warn" : "n"}>{count(stream.waiting)}</td>
			<td class="n on-wide">{count(stream.unconfirmed)}</td>
		</tr>
	);
}

export function Servers({ isPaused }) {
	const { data, error } = useAnswer(`servers?limit=${MOST}`, isPaused);
	const head = <>
		<th scope="col">Server</th><th scope="col">Direction</th><th scope="col">State</th><th scope="col" class="n">Waiting</th>
		<th scope="col" class="n on-wide">Unconfirmed</th>
	</>;
	const note = error ?? (data?.length === MOST ? `the first ${MOST}` : data?.length ? `${count(data.length)} streams` : null);
	return (
		<Section id="servers" title="Other servers" note={note}>
			{data?.length ? <Table label="Streams with other servers" head={head}>{data.map((stream, i) => <Row key={i} stream={stream} />)}</Table>
				: data && <Empty>No streams with other servers.</Empty>}
		</Section>
	);
}
