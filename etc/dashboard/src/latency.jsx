import { useState } from "preact/hooks";

import { bytes, count, joined, time } from "./format.js";
import { difference, quantile } from "./history.js";
import { Choice, Empty, Section } from "./parts.jsx";

const titles = {
	stanza_seconds: "A stanza, on the loop where it comes in",
	store_seconds: "A transaction of the store, with its commit",
	store_read_seconds: "A question to the store",
	stanza_in_bytes: "Sizes of stanzas that come in",
};
const MINUTE = 61;
const LEAST_BARS = 9;

/* The buckets that have something, and some beside them, so that the picture does not jump about. */
function shown(buckets) {
	let first = buckets.findIndex(n => n > 0), last = buckets.findLastIndex(n => n > 0);
	while (last - first + 1 < LEAST_BARS) {
		first = Math.max(0, first - 1);
		last = Math.min(buckets.length - 1, last + 1);
	}
	return [first, last];
}

function Bars({ histogram, write }) {
	const [first, last] = shown(histogram.buckets);
	const part = histogram.buckets.slice(first, last + 1), top = Math.max(...part);
	const label = part.map((n, i) => n && `${count(n)} up to ${write(2 ** (first + i))}`).filter(Boolean).join(", ");
	return (
		<figure class="bars" role="img" aria-label={label}>
			<div class="columns" aria-hidden="true">
				{part.map((n, i) => <div key={first + i} title={`${count(n)} up to ${write(2 ** (first + i))}`}
					style={{ height: n ? `${Math.max(3, n / top * 100)}%` : "0" }} />)}
			</div>
			<div class="axis" aria-hidden="true">
				<span>{write(2 ** first)}</span><span>{write(2 ** Math.floor((first + last) / 2))}</span><span>{write(2 ** last)}</span>
			</div>
		</figure>
	);
}

function Distribution({ histogram }) {
	/* What is added to a histogram of seconds are microseconds. */
	const write = histogram.name.endsWith("_bytes") ? n => joined(bytes(n)) : n => joined(time(n / histogram.scale * 1e6));
	const parts = [["half", 0.5], ["95%", 0.95], ["99%", 0.99]];
	return (
		<div class="distribution">
			<h3>{titles[histogram.name] ?? histogram.help}</h3>
			{histogram.count ? <>
				<Bars histogram={histogram} write={write} />
				<dl class="quantiles">
					{parts.map(([name, part]) => <div key={name}><dt>{name} up to</dt><dd>{write(Math.round(quantile(histogram, part)))}</dd></div>)}
					<div><dt>in all</dt><dd>{count(histogram.count)}</dd></div>
				</dl>
			</> : <Empty>Nothing in this time.</Empty>}
		</div>
	);
}

export function Latency({ history }) {
	const [span, setSpan] = useState("minute");
	const now = history.snapshots.at(-1);
	const before = history.snapshots.at(-MINUTE) ?? history.snapshots[0];
	const list = !now ? [] : span === "start" ? now.histograms : difference(before, now);
	return (
		<Section id="latency" title="How long things take">
			<Choice label="Time" value={span} onChange={setSpan} values={[["minute", "Last minute"], ["start", "Since the start"]]} />
			<div class="distributions">{list.map(histogram => <Distribution key={histogram.name} histogram={histogram} />)}</div>
		</Section>
	);
}
