// The official SDK for Node: create, stream, tools, an error.
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.env.BASE_URL + "/v1", apiKey: process.env.API_KEY, maxRetries: 0 });
const hello = { model: "electron", messages: [{ role: "user", content: "hello" }], temperature: 0 };
const answer = await client.chat.completions.create(hello);
const pieces = [];
for await (const chunk of await client.chat.completions.create({ ...hello, stream: true })) {
  const content = chunk.choices[0]?.delta?.content;
  if (content) pieces.push(content);
}
const parameters = { type: "object", properties: { minutes: { type: "integer" } }, required: ["minutes"] };
const tools = [{ type: "function", function: { name: "set_timer", description: "Set a timer.", parameters } }];
const timer = { ...hello, messages: [{ role: "user", content: "Set a timer for five minutes." }] };
const streamed = client.chat.completions.stream({ ...timer, tools, tool_choice: "required" });
const call = (await streamed.finalChatCompletion()).choices[0].message.tool_calls[0].function;
let error = "none";
try {
  await client.chat.completions.create({ ...hello, temperature: 9 });
} catch (caught) {
  error = `${caught.status} ${caught.constructor.name}`;
}
console.log(
  JSON.stringify({
    content: answer.choices[0].message.content,
    streamed: pieces.join(""),
    n_chunks: pieces.length,
    call: call.name,
    arguments: JSON.parse(call.arguments),
    error,
  }),
);
