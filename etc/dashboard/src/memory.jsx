import { bytes } from "./format.js";
import { Section } from "./parts.jsx";

/* The parts add up to what is resident, as well as a process can know it: parts of the free heap may be with the system. */
function partsOf(m) {
	const held = Math.min(m.heapUsed, m.resident);
	const waiting = Math.min(m.outputWaiting + m.inputHeld, held);
	const free = Math.min(m.heapFree, m.resident - held);
	return [
		["used", "In use: connections, sessions, configuration", held - waiting],
		["output", "Output that waits for its readers", Math.min(m.outputWaiting, held)],
		["input", "Unfinished input", Math.min(m.inputHeld, held)],
		["free", "Free, kept for later", free],
		["rest", "Program, stacks, database cache", Math.max(0, m.resident - held - free)],
	];
}

export function Memory({ history }) {
	const now = history.snapshots.at(-1);
	const parts = now ? partsOf(now.memory) : [];
	const [figure, unit] = bytes(now?.memory.resident);
	return (
		<Section id="memory" title="Memory by part" note={now && <><strong>{figure}</strong> {unit} in all</>}>
			<div class="stack" aria-hidden="true">
				{parts.map(([name, , n]) => <div key={name} class={name} style={{ flexGrow: n }} />)}
			</div>
			<table class="legend">
				<thead class="unseen"><tr><th scope="col">Part</th><th scope="col">Size</th></tr></thead>
				<tbody>
					{parts.map(([name, text, n]) => (
						<tr key={name}><th scope="row"><i class={name} aria-hidden="true" />{text}</th><td class="n">{bytes(n)[0]}<span class="unit"> {bytes(n)[1]}</span></td></tr>
					))}
				</tbody>
			</table>
		</Section>
	);
}
