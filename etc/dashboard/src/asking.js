/* Answers that are asked for: at once when the question changes, and again every few seconds while the page is looked at; more seldom where the
 * server has to look at so much that it takes a while. */
import { useEffect, useState } from "preact/hooks";

const AGAIN_MS = 5000, AGAIN_FACTOR = 30;

export function useAnswer(question, isPaused) {
	const [answer, setAnswer] = useState({ data: null, error: null });
	useEffect(() => {
		const control = new AbortController();
		let timer;
		async function ask() {
			const start = performance.now();
			if (!document.hidden)
				await read();
			if (!isPaused && !control.signal.aborted)
				timer = setTimeout(ask, Math.max(AGAIN_MS, (performance.now() - start) * AGAIN_FACTOR));
		}
		async function read() {
			try {
				const response = await fetch(question, { signal: control.signal, headers: { accept: "application/json" } });
				const body = await response.json();
				if (!response.ok)
					throw new Error(body.error ?? response.statusText);
				setAnswer({ data: body, error: null });
			} catch (error) {
				if (!control.signal.aborted)
					setAnswer(old => ({ ...old, error: "The server does not answer." }));
			}
		}
		ask();
		return () => {
			control.abort();
			clearTimeout(timer);
		};
	}, [question, isPaused]);
	return answer;
}
