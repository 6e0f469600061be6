import { ago, count, moment } from "./format.js";
import { Empty, Section, Table } from "./parts.jsx";

/* "Connections closed because ..." is more to an operator than max_connections_refused, which stands beside it for the manual. */
function LimitedRow({ entry, now }) {
	const isSlow = entry.limit === "output_waiting_bytes";
	return (
		<tr>
			<th scope="row" class={entry.isAddress ? "mono address" : "address"}>{entry.who}</th>
			<td class="what">{isSlow ? "Reads slowly: more than 256 KiB wait for it" : entry.help}<span class="quiet mono">{entry.limit}</span></td>
			<td class="n">{count(entry.count)}<span class="quiet">{ago(entry.last, now)}</span></td>
		</tr>
	);
}

export function Limited({ news, now }) {
	const head = <><th scope="col">Who</th><th scope="col">What</th><th scope="col" class="n">Times, last</th></>;
	return (
		<Section id="limited" title="Slow or limited" note="the last ones">
			{news?.limited.length ? (
				<Table label="Slow or limited peers" head={head}>
					{news.limited.map(entry => <LimitedRow key={entry.limit + entry.who} entry={entry} now={now} />)}
				</Table>
			) : news && <Empty good>Nobody has met a limit since the start.</Empty>}
		</Section>
	);
}

export function Warnings({ news, now }) {
	return (
		<Section id="warnings" title="Warnings" note="of the log, the latest first">
			{news?.warnings.length ? (
				<ol class="log" tabIndex={0} aria-label="The last warnings">
					{news.warnings.map(line => (
						<li key={line.number}>
							<time dateTime={new Date(line.at).toISOString()}>{moment(line.at, now)}</time>
							<span class={`badge ${line.level === "error" ? "bad" : "warn"}`}>{line.level}</span>
							<code>{line.text}</code>
						</li>
					))}
				</ol>
			) : news && <Empty good>No warnings since the start.</Empty>}
		</Section>
	);
}

/* "applied: ..." and so on; what needs a restart is what an operator has to do something about. */
function ReportLine({ line }) {
	const kind = /error:/.test(line) ? "bad" : /^needs a restart/.test(line) || /warning:/.test(line) ? "warn" : "";
	return <li class={kind}>{line}</li>;
}

export function Reload({ news, now }) {
	const reload = news?.reload;
	return (
		<Section id="reload" title="Configuration" note={reload?.at ? `read again ${ago(reload.at, now)}` : null}>
			{reload?.at ? <>
				<p><span class={`badge ${reload.applied ? "good" : "bad"}`}>{reload.applied ? "applied" : "not applied"}</span>
					{" "}<time dateTime={new Date(reload.at).toISOString()}>{moment(reload.at, now)}</time>
					{!reload.applied && " The file has errors, and nothing was changed."}</p>
				<ul class="report">{reload.report.map((line, i) => <ReportLine key={i} line={line} />)}</ul>
			</> : reload && <Empty>Not read again since the start. To do so: <code>meerkatctl server reload</code></Empty>}
		</Section>
	);
}
