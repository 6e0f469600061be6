// Each document of the corpus is judged by graphql.js and by the server; where the verdicts differ, it is told and the exit status is 1.
import { readFileSync } from "node:fs";
import { buildClientSchema, buildSchema, getIntrospectionQuery, lexicographicSortSchema, parse, printSchema, validate, validateSchema } from "graphql";

const { url, credentials } = JSON.parse(process.env.MEERKAT_SETTINGS);
const headers = { "Content-Type": "application/json", Authorization: "Basic " + Buffer.from(credentials).toString("base64") };

async function ask(query) {
	const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
	return { status: answer.status, body: await answer.json() };
}

const text = await (await fetch(url + "/schema", { headers })).text();
const schema = buildSchema(text);
const told = buildClientSchema((await ask(getIntrospectionQuery({ specifiedByUrl: true, inputValueDeprecation: true, schemaDescription: true }))).body.data);
const problems = [...validateSchema(schema), ...validateSchema(told)].map((problem) => problem.message);
// The text and the introspection say the same.
if (printSchema(lexicographicSortSchema(schema)) !== printSchema(lexicographicSortSchema(told)))
	problems.push("the schema that is printed is not the one of the introspection");

// What graphql.js leaves to the code of a scalar is not asked about: literals for JID, DomainName, Long are strings and numbers in the corpus.
function verdict(document) {
	let parsed;
	try {
		parsed = parse(document);
	} catch {
		return "syntax";
	}
	return validate(schema, parsed).length > 0 ? "invalid" : "valid";
}

async function ours(document) {
	const { status, body } = await ask(document);
	if (status === 200) return "valid";
	const code = body.errors[0].extensions.code;
	// A document that is good can still be one of which nothing is to be executed.
	if (code === "unknown_operation" && body.errors[0].message.includes("operationName")) return "valid";
	if (code === "subscription_elsewhere") return "valid";
	if (code === "bad_variable" && body.errors[0].message.includes("is not given")) return "valid";
	return code === "syntax_error" ? "syntax" : "invalid";
}

const documents = readFileSync("corpus.txt", "utf8").split(/^---\n/m).filter((document) => document !== "");
for (const document of documents) {
	const [theirs, mine] = [verdict(document), await ours(document)];
	if (theirs !== mine) problems.push(`graphql.js says ${theirs}, the server ${mine}: ${document}`);
}
console.log(`${documents.length} documents, ${problems.length} problems`);
for (const problem of problems) console.log(problem);
process.exit(problems.length > 0 ? 1 : 0);
