import { bytes, count, joined, rate, time } from "./format.js";
import { Tile } from "./parts.jsx";

export function Overview({ history }) {
	const now = history.snapshots.at(-1), { points } = history;
	const last = points.at(-1) ?? {};
	const of = name => points.map(point => point[name]);
	const m = now?.metrics ?? {};
	const [memory, memoryUnit] = bytes(now?.memory.resident);
	const [latency, latencyUnit] = time(last.p99);
	return (
		<dl class="tiles" aria-label="At a glance">
			<Tile label="Sessions" figure={count(m.sessions)} values={of("sessions")}
				note={m.detached_sessions ? `${count(m.detached_sessions)} waiting to resume` : `${count(m.connections_open)} connections`} />
			<Tile label="Stanzas in" figure={rate(last.stanzas_in)} unit="/s" values={of("stanzas_in")} floor={5} note={`${count(m.stanzas_in)} in all`} />
			<Tile label="Stanzas out" figure={rate(last.stanzas_out)} unit="/s" values={of("stanzas_out")} floor={5} note={`${count(m.stanzas_out)} in all`} />
			<Tile label="Stanza time, 99%" figure={latency} unit={latencyUnit} values={of("p99")} floor={100}
				note={last.p99 == null ? "none this second" : "of this second"} />
			<Tile label="Logins" figure={rate(last.auth_succeeded)} unit="/s" values={of("auth_succeeded")} floor={2} note={`${count(m.auth_failed)} failed in all`}
				kind={last.auth_failed > 0 ? "warn" : ""} />
			<Tile label="Memory" figure={memory} unit={memoryUnit} values={of("memory")}
				note={now && `${joined(bytes(now.memory.outputWaiting))} to slow readers`} />
			<Tile label="Other servers" figure={count(m.s2s_incoming == null ? null : m.s2s_incoming + m.s2s_outgoing)}
				values={of("servers")} floor={2} note={`${count(m.s2s_queued)} stanzas wait`} />
			<Tile label="Components" figure={count(m.components)} values={of("components")} floor={2} note={`${count(m.component_stanzas_in)} stanzas in`} />
		</dl>
	);
}
