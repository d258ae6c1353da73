/** `follow-flood.ts NAME FROM TO`: follows a talking game behind line FROM, as another process would; says when it does, and ends with line TO. */
import { Follower } from "./follower.ts";
import { operatorClient } from "./operator-client.ts";

const [name = "", from, to] = process.argv.slice(2);
const follower = await Follower.open(operatorClient(), name, Number(from));
process.stdout.write("follows\n");
await follower.readTo(Number(to));
process.exit(0);
