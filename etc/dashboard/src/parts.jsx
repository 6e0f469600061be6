/* What the sections are made of. */

export function Section({ id, title, note, children }) {
	return (
		<section id={id} aria-labelledby={`${id}-title`} class="panel" tabIndex={-1}>
			<header><h2 id={`${id}-title`}>{title}</h2>{note && <p class="note">{note}</p>}</header>
			{children}
		</section>
	);
}

export function Empty({ children, good }) {
	return <p class={good ? "empty good" : "empty"}>{children}</p>;
}

/* Wider than a phone, it can be scrolled, with the keyboard too. */
export function Table({ label, head, children }) {
	return (
		<div class="scroll" role="group" aria-label={label} tabIndex={0}>
			<table>
				<thead><tr>{head}</tr></thead>
				<tbody>{children}</tbody>
			</table>
		</div>
	);
}

const WIDTH = 120, HEIGHT = 32;

/* The last two minutes from left to right; the newest value is at the right edge, gaps stay gaps. */
export function Sparkline({ values, floor = 0, kind = "" }) {
	const known = values.filter(v => v != null);
	const top = Math.max(...known, floor + 1e-9, 0), bottom = floor === null ? Math.min(...known) : 0;
	const span = top - bottom || 1;
	const runs = [];
	let run = null;
	values.forEach((v, i) => {
		if (v == null) {
			run = null;
			return;
		}
		if (!run)
			runs.push(run = []);
		run.push([WIDTH - (values.length - 1 - i), HEIGHT - 2 - (v - bottom) / span * (HEIGHT - 5)]);
	});
	const text = points => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
	return (
		<svg class={`spark ${kind}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
			<line class="ground" x1="0" x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} />
			{runs.map(points => points.length > 1 && <>
				<polygon points={`${points[0][0]},${HEIGHT - 1} ${text(points)} ${points.at(-1)[0]},${HEIGHT - 1}`} />
				<polyline points={text(points)} />
			</>)}
		</svg>
	);
}

export function Tile({ label, figure, unit, note, values, kind, floor }) {
	return (
		<div class="tile">
			<dt>{label}</dt>
			<dd>
				<span class="figure">{figure}{unit && <span class="unit"> {unit}</span>}</span>
				{note && <span class="note">{note}</span>}
			</dd>
			{values && <Sparkline values={values} kind={kind} floor={floor} />}
		</div>
	);
}

/* A button that says which of a few holds. */
export function Choice({ label, values, value, onChange }) {
	return (
		<fieldset class="choice">
			<legend class="unseen">{label}</legend>
			{values.map(([key, text]) => (
				<label key={key}>
					<input type="radio" name={label} value={key} checked={key === value} onChange={() => onChange(key)} />
					<span>{text}</span>
				</label>
			))}
		</fieldset>
	);
}
