/* The last two minutes, made of the snapshots that came since the page was opened: rates, and what was between two moments. */

const KEPT = 121;
/* A longer gap is one: no rate is made of it. */
const GAP_MS = 10000;

export const empty = { snapshots: [], points: [] };

/* How much more each second than in the snapshot before; null: nobody knows. */
function perSecond(before, now, read) {
	const ms = before ? now.at - before.at : 0;
	return ms > 0 && ms < GAP_MS ? Math.max(0, (read(now) - read(before)) * 1000 / ms) : null;
}

const rates = ["stanzas_in", "stanzas_out", "auth_succeeded", "auth_failed", "connections_accepted", "store_commits", "http_requests"];

function pointOf(before, now) {
	const point = { at: now.at, memory: now.memory.resident };
	for (const name of rates)
		point[name] = perSecond(before, now, snapshot => snapshot.metrics[name]);
	for (const listener of now.listeners) {
		const key = listenerKey(listener);
		const was = before?.listeners.find(other => listenerKey(other) === key);
		point[key] = was ? perSecond(before, now, snapshot => (snapshot === now ? listener : was).accepted) : null;
		point[`${key} open`] = listener.connections;
	}
	point.sessions = now.metrics.sessions;
	point.servers = now.metrics.s2s_incoming + now.metrics.s2s_outgoing;
	point.components = now.metrics.components;
	const [stanzas] = difference(before, now);
	point.p99 = stanzas && stanzas.count ? quantile(stanzas, 0.99) : null;
	return point;
}

export function listenerKey(listener) {
	return `${listener.type} ${listener.address} ${listener.port}`;
}

export function added(history, snapshot) {
	const last = history.snapshots.at(-1);
	/* The server was started again, or told it twice. */
	const isOther = last && (snapshot.status.uptime < last.status.uptime - 5 || snapshot.at <= last.at);
	if (isOther && snapshot.at <= last.at)
		return history;
	const before = isOther ? undefined : last;
	const old = isOther ? empty : history;
	return {
		snapshots: [...old.snapshots, snapshot].slice(-KEPT),
		points: [...old.points, pointOf(before, snapshot)].slice(-KEPT),
	};
}

/* ---- a page that is loaded again goes on where it was ---- */

const KEY = "history";
const FRESH_MS = 30000;

export function kept() {
	try {
		const { savedAt, place, history } = JSON.parse(sessionStorage.getItem(KEY));
		return place === location.pathname && Date.now() - savedAt < FRESH_MS ? history : empty;
	} catch {
		return empty;
	}
}

export function keep(history) {
	try {
		sessionStorage.setItem(KEY, JSON.stringify({ savedAt: Date.now(), place: location.pathname, history }));
	} catch { /* there is no room: it begins anew */ }
}

/* Histograms of what came between two snapshots, in the order of the server. */
export function difference(before, now) {
	if (!before)
		return [];
	return now.histograms.map((histogram, at) => {
		const was = before.histograms[at];
		return {
			...histogram,
			count: histogram.count - was.count,
			sum: histogram.sum - was.sum,
			buckets: histogram.buckets.map((n, i) => n - was.buckets[i]),
		};
	});
}

/* The value that a part of all are not above: where it lies in its bucket is guessed evenly. In the histogram's own unit. */
export function quantile(histogram, part) {
	let left = histogram.count * part;
	if (!histogram.count)
		return null;
	for (const [i, n] of histogram.buckets.entries()) {
		if (n >= left) {
			const low = i ? 2 ** (i - 1) : 0;
			return low + (2 ** i - low) * (n ? left / n : 1);
		}
		left -= n;
	}
	return 2 ** histogram.buckets.length;
}
