/* Reads an OpenAPI document from standard input; prints its version if it is a valid one, otherwise what is wrong, and fails. */
import { Validator } from "@seriousme/openapi-schema-validator";

let text = "";
for await (const piece of process.stdin)
	text += piece;
const validator = new Validator();
const verdict = await validator.validate(JSON.parse(text));
if (!verdict.valid) {
	console.log(JSON.stringify(verdict.errors));
	process.exit(1);
}
console.log(validator.version);
