/* How numbers, bytes and times are written. Every figure on the page goes through here, so that the same thing looks the same everywhere. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/* 12,345; 1.23M */
export function count(n) {
	return n == null ? "–" : Math.abs(n) < 1e6 ? whole.format(n) : short.format(n);
}

/* For each second: 0, 0.3, 12, 3,456 */
export function rate(n) {
	if (n == null)
		return "–";
	return n > 0 && n < 10 ? n.toFixed(1).replace(/\.0$/, "") : count(n);
}

/* [figure, unit] */
export function bytes(n) {
	if (n == null)
		return ["–", ""];
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let at = 0;
	while (n >= 1024 && at < units.length - 1) {
		n /= 1024;
		at++;
	}
	return [at && n < 100 ? n.toFixed(1) : whole.format(n), units[at]];
}

/* [figure, unit] of microseconds */
export function time(us) {
	if (us == null)
		return ["–", ""];
	const [n, unit] = us < 1000 ? [us, "µs"] : us < 1e6 ? [us / 1000, "ms"] : [us / 1e6, "s"];
	return [n >= 100 || Number.isInteger(n) ? whole.format(n) : n.toFixed(1), unit];
}

export function joined([figure, unit]) {
	return unit ? `${figure} ${unit}` : figure;
}

/* Seconds in the two largest units: 4 s, 3 min 20 s, 2 h 5 min, 3 d 4 h */
export function duration(s) {
	if (s == null)
		return "–";
	const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
	const at = parts.findIndex(([size]) => s >= size);
	if (at < 0)
		return "0 s";
	const [size, unit] = parts[at], next = parts[at + 1];
	const rest = next ? Math.floor((s % size) / next[0]) : 0;
	return `${Math.floor(s / size)} ${unit}` + (rest ? ` ${rest} ${next[1]}` : "");
}

/* 14:03:59, with the day if it is another one */
export function moment(ms, now) {
	const then = new Date(ms);
	const isToday = new Date(now).toDateString() === then.toDateString();
	return (isToday ? "" : `${date.format(then)} `) + clock.format(then);
}

export function ago(ms, now) {
	const s = Math.max(0, Math.round((now - ms) / 1000));
	return s < 2 ? "now" : `${duration(s < 60 ? s : s - s % 60)} ago`;
}
