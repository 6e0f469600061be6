/* Answers that are asked for: at once when the question changes, and again every few seconds while the page is looked at. */
import { useEffect, useState } from "preact/hooks";

const AGAIN_MS = 5000;

export function useAnswer(question, isPaused) {
	const [answer, setAnswer] = useState({ data: null, error: null });
	useEffect(() => {
		const control = new AbortController();
		async function ask() {
			if (document.hidden)
				return;
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
		const timer = isPaused ? 0 : setInterval(ask, AGAIN_MS);
		return () => {
			control.abort();
			clearInterval(timer);
		};
	}, [question, isPaused]);
	return answer;
}
