/**
 * Answers one question of standard input by our own runtime, as `driver/main.go` does by libcni: so that
 * it can be run in a network namespace, and killed.
 */
import process from "node:process";
import { createHost } from "../../../src/host/host.ts";
import { answerQuestion, type Question } from "./question.ts";

let text = "";
for await (const chunk of process.stdin) text += chunk;
// Bundles are found in the folders of the native plugins.
const question = JSON.parse(text) as Question;
const host = await createHost();
const answer = await answerQuestion(question, { bundles: { host, folders: question.path } });
await host.close();
console.log(JSON.stringify(answer));
